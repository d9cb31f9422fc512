/**
 * The wire: names, closed lists and shapes of what the server and this client exchange.
 *
 * Whatever arrives is `unknown` until a parser here has read it.
 */
export const EVENT_CHANGED = 'changed'
export const EVENT_OPERATE = 'operate'
export const EVENT_STATUS = 'status'
export const EVENT_WATCH = 'watch'
export const FORMAT_STORY = 'story'
export const ERROR_NOT_FOUND = 'not_found'
export const SOCKET_PATH = '/socket.io/'

export const ENTRY_STATUSES = ['pending', 'processing', 'success', 'fail'] as const
export const STAGES = ['queued', 'composing', 'downloading', 'rendering', 'ready', 'failed'] as const
export const FAILURE_REASONS = [
  'generation_failed',
  'rejected',
  'timeout',
  'download_failed',
  'render_failed',
  'photo_unreadable',
  'service_error',
  'stopped',
] as const

/** The form's fields, in the order in which it asks for them; `photo` is a 600x600 JPEG as a base64 data URL. */
export const SUBMISSION_FIELDS = ['pet_name', 'pet_type', 'photo', 'music_vibe', 'owner_name'] as const
/** The options of the fields that are a choice. */
export const OPTIONS = {
  pet_type: ['Dog', 'Cat', 'Bird', 'Fish', 'Other'],
  music_vibe: ['Chill', 'Energetic', 'Romantic', 'Party', 'Relaxing', 'Other'],
} as const

export const SNAPSHOT_FIELDS = [
  'session_id',
  'version',
  'status',
  'stage',
  'progress',
  'queue_position',
  'eta_seconds',
  'preview_url',
  'poster_url',
  'failure_reason',
  'created_at',
] as const

export type EntryStatus = (typeof ENTRY_STATUSES)[number]
export type Stage = (typeof STAGES)[number]
export type FailureReason = (typeof FAILURE_REASONS)[number]

/** A submission as the waiting page sees it; always sent whole. */
export interface Snapshot {
  session_id: string
  version: number
  status: EntryStatus
  stage: Stage
  /** 0 to 1 of the whole journey. */
  progress: number
  queue_position: number | null
  /** Lowest and highest estimate. */
  eta_seconds: [number, number] | null
  preview_url: string | null
  /** The preview's first picture; there whenever the preview is. */
  poster_url: string | null
  failure_reason: string | null
  created_at: string
}

export type SubmissionField = (typeof SUBMISSION_FIELDS)[number]
export type PerField<T> = Record<SubmissionField, T>

/** One value for each field of the form. */
export function perField<T>(valueOf: (field: SubmissionField) => T): PerField<T> {
  return Object.fromEntries(SUBMISSION_FIELDS.map((field) => [field, valueOf(field)])) as PerField<T>
}

export interface Submission extends PerField<string> {
  cookie_id: string | null
}

/** One video of a song; `format` is its shape. */
export interface VideoFile {
  format: string
  url: string
  /** Saves it under the two names, without a script. */
  download_url: string
  width: number
  height: number
}

/** Lines of the lyrics; `heading` is empty before the first one. */
export interface LyricsSection {
  heading: string
  lines: string[]
}

export interface SongResult {
  session_id: string
  video_url: string
  /** The existing videos, the main one first; `video_url` is the main one's. */
  videos: VideoFile[]
  poster_url: string | null
  card_url: string | null
  /** A short video with the beginning of the song. */
  teaser_url: string | null
  /** WebVTT, if the lyrics have times. */
  captions_url: string | null
  lyrics: string
  /** The same lyrics, split at headings such as [Chorus]. */
  sections: LyricsSection[]
  owner_name: string
  pet_name: string
  created_at: string
  /** When it is deleted. */
  kept_until: string
}

type JsonObject = Record<string, unknown>

/** The value as a JSON object; an empty one if it is anything else. */
export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function asRange(value: unknown): [number, number] | null {
  if (!Array.isArray(value) || value.length !== 2) return null
  const [low, high] = [asNumber(value[0]), asNumber(value[1])]
  return low === null || high === null ? null : [low, high]
}

/** How unknown stages are shown: an open page may outlive the server's upgrade. */
const STAGE_OF: Record<EntryStatus, Stage> = {
  pending: 'queued',
  processing: 'composing',
  success: 'ready',
  fail: 'failed',
}

/** A snapshot, or null if the value is not one (an error body, a proxy's page, a newer protocol). */
export function parseSnapshot(value: unknown): Snapshot | null {
  const object = asObject(value)
  const session_id = asText(object['session_id'])
  const version = asNumber(object['version'])
  const status = ENTRY_STATUSES.find((known) => known === object['status'])
  if (session_id === null || version === null || status === undefined) return null
  return {
    session_id,
    version,
    status,
    stage: STAGES.find((known) => known === object['stage']) ?? STAGE_OF[status],
    progress: asNumber(object['progress']) ?? 0,
    queue_position: asNumber(object['queue_position']),
    eta_seconds: asRange(object['eta_seconds']),
    preview_url: asText(object['preview_url']),
    poster_url: asText(object['poster_url']),
    failure_reason: asText(object['failure_reason']),
    created_at: asText(object['created_at']) ?? '',
  }
}

function parseVideo(value: unknown): VideoFile | null {
  const object = asObject(value)
  const format = asText(object['format'])
  const url = asText(object['url'])
  if (format === null || url === null) return null
  const download_url = asText(object['download_url']) ?? url
  return { format, url, download_url, width: asNumber(object['width']) ?? 0, height: asNumber(object['height']) ?? 0 }
}

function parseVideos(value: unknown): VideoFile[] {
  return Array.isArray(value) ? value.map(parseVideo).filter((video) => video !== null) : []
}

function parseSections(value: unknown): LyricsSection[] {
  if (!Array.isArray(value)) return []
  return value.map(asObject).map(({ heading, lines }) => ({
    heading: asText(heading) ?? '',
    lines: Array.isArray(lines) ? lines.map(asText).filter((line) => line !== null) : [],
  }))
}

/** A finished song, or null if the value is not one. */
export function parseSongResult(value: unknown): SongResult | null {
  const object = asObject(value)
  const session_id = asText(object['session_id'])
  const video_url = asText(object['video_url'])
  if (session_id === null || video_url === null) return null
  return {
    session_id,
    video_url,
    videos: parseVideos(object['videos']),
    poster_url: asText(object['poster_url']),
    card_url: asText(object['card_url']),
    teaser_url: asText(object['teaser_url']),
    captions_url: asText(object['captions_url']),
    lyrics: asText(object['lyrics']) ?? '',
    sections: parseSections(object['sections']),
    owner_name: asText(object['owner_name']) ?? '',
    pet_name: asText(object['pet_name']) ?? '',
    created_at: asText(object['created_at']) ?? '',
    kept_until: asText(object['kept_until']) ?? '',
  }
}
