/**
 * The server's HTTP interface: one function per endpoint.
 *
 * No function rejects: every answer, and the lack of one, becomes an outcome that a page can show.
 */
import { asObject, asText, parseSnapshot, parseSongResult, SUBMISSION_FIELDS } from './contract'
import type { Snapshot, SongResult, Submission, SubmissionField } from './contract'
import { SHARED } from './words/shared'

export type FieldMessages = Partial<Record<SubmissionField, string>>

export type SubmissionOutcome =
  | { kind: 'accepted'; session_id: string; cookie_id: string | null }
  | { kind: 'sold_out' }
  | { kind: 'invalid'; message: string; fields: FieldMessages }
  | { kind: 'refused'; message: string }
  | { kind: 'unreachable'; message: string }

export type SnapshotOutcome = { kind: 'snapshot'; snapshot: Snapshot } | { kind: 'missing' } | { kind: 'unreachable' }

export type ResultOutcome =
  | { kind: 'success'; result: SongResult }
  | { kind: 'unfinished' }
  | { kind: 'failed'; message: string }
  | { kind: 'missing' }
  | { kind: 'expired' }
  | { kind: 'unreachable'; message: string }

export type DeletionOutcome = { kind: 'deleted' } | { kind: 'refused'; message: string }

const TIMEOUT_MS = 15_000
const UPLOAD_TIMEOUT_MS = 60_000
const SOLD_OUT_ERRORS = ['rate_limit_exceeded', 'sold_out', 'storage_full']

interface Answer {
  status: number
  body: unknown
}

/** Sends a request; status 0 means no answer. */
async function request(path: string, init: RequestInit = {}, timeout_ms = TIMEOUT_MS): Promise<Answer> {
  try {
    const response = await fetch(path, { ...init, signal: AbortSignal.timeout(timeout_ms) })
    return { status: response.status, body: await response.json().catch(() => null) }
  } catch {
    return { status: 0, body: null }
  }
}

function messageOf(body: unknown): string {
  return asText(asObject(body)['message']) ?? SHARED.noAnswer
}

function fieldMessagesOf(body: unknown): FieldMessages {
  const fields = asObject(asObject(body)['fields'])
  return Object.fromEntries(
    SUBMISSION_FIELDS.flatMap((field) => {
      const message = asText(fields[field])
      return message === null ? [] : [[field, message]]
    }),
  )
}

/** What an answer to a submission means; only `unreachable` is worth a retry. */
export function readSubmissionAnswer({ status, body }: Answer): SubmissionOutcome {
  const { session_id, cookie_id, error } = asObject(body)
  const accepted_id = asText(session_id)
  if (status === 200 && accepted_id !== null) {
    return { kind: 'accepted', session_id: accepted_id, cookie_id: asText(cookie_id) }
  }
  if (SOLD_OUT_ERRORS.some((known) => known === error)) return { kind: 'sold_out' }
  if (status === 400) return { kind: 'invalid', message: messageOf(body), fields: fieldMessagesOf(body) }
  if (status > 400 && status < 500) return { kind: 'refused', message: messageOf(body) }
  return { kind: 'unreachable', message: messageOf(body) }
}

export function readResultAnswer({ status, body }: Answer): ResultOutcome {
  const result = status === 200 ? parseSongResult(body) : null
  if (result !== null) return { kind: 'success', result }
  if (status === 202) return { kind: 'unfinished' }
  if (status === 400 && asObject(body)['status'] === 'fail') return { kind: 'failed', message: messageOf(body) }
  if (status === 404) return { kind: 'missing' }
  if (status === 410) return { kind: 'expired' }
  return { kind: 'unreachable', message: messageOf(body) }
}

export function readSnapshotAnswer({ status, body }: Answer): SnapshotOutcome {
  const snapshot = status === 200 ? parseSnapshot(body) : null
  if (snapshot !== null) return { kind: 'snapshot', snapshot }
  return { kind: status === 404 ? 'missing' : 'unreachable' }
}

/** Sends a submission; requests with the same key count once. */
export async function submitSong(submission: Submission, idempotency_key: string): Promise<SubmissionOutcome> {
  const init = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': idempotency_key },
    body: JSON.stringify(submission),
  }
  return readSubmissionAnswer(await request('/api/submissions', init, UPLOAD_TIMEOUT_MS))
}

export async function fetchSnapshot(session_id: string): Promise<SnapshotOutcome> {
  return readSnapshotAnswer(await request(`/api/submissions/${encodeURIComponent(session_id)}`))
}

export async function fetchResult(session_id: string): Promise<ResultOutcome> {
  return readResultAnswer(await request(`/api/results/${encodeURIComponent(session_id)}`))
}

/** Deletes a song of this browser, identified by its cookie id; a song that is gone already counts as deleted. */
export async function deleteSong(session_id: string, cookie_id: string | null): Promise<DeletionOutcome> {
  const init = {
    method: 'DELETE',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ cookie_id }),
  }
  const { status, body } = await request(`/api/submissions/${encodeURIComponent(session_id)}`, init)
  return [200, 404, 410].includes(status) ? { kind: 'deleted' } : { kind: 'refused', message: messageOf(body) }
}

/** Whether new songs are accepted; true if the server does not answer, because it checks each submission anyway. */
export async function fetchAvailability(): Promise<boolean> {
  const { status, body } = await request('/api/availability')
  return status !== 200 || asObject(body)['accepting'] !== false
}
