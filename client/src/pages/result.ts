/**
 * The page at `/result/{id}`: the finished song to play, read, keep and send on, or why there is none.
 *
 * Lyrics and names reach the page as text nodes only.
 */
import Alpine from '@alpinejs/csp'
import '../styles.css'
import { fetchResult, fetchSnapshot } from '../api'
import type { ResultOutcome } from '../api'
import { FAILURE_REASONS, FORMAT_STORY } from '../contract'
import type { FailureReason, SongResult } from '../contract'
import { clearDraft } from '../draft'
import { parseLyrics } from '../lyrics'
import type { LyricsSection } from '../lyrics'
import { canShare, copyText, coupleOf, facebookUrl, findVideo, sharePage, videoFileName, whatsAppUrl } from '../share'
import { registerToast, showToast } from '../toast'

type View = 'loading' | ResultOutcome['kind']

const COPIED_MS = 2_500
const TITLE_END = ' · Petsong'

const TITLES: Record<View, string> = {
  loading: 'Your song',
  success: 'Your song is ready',
  unfinished: 'Your song is being made',
  failed: 'No song this time',
  missing: 'Song not found',
  expired: 'Song no longer kept',
  unreachable: 'No connection',
}

const FAILURE_WORDS: Record<FailureReason, string> = {
  generation_failed: "We couldn't generate your song. Please try again with different inputs.",
  rejected: 'The studio turned these names or this vibe down. Please try again with different inputs.',
  timeout: 'The studio did not finish your song in time. Please try again.',
  download_failed: 'Your song was recorded, but the tape never reached us. Please try again.',
  render_failed: 'Video creation failed. Please try again.',
  photo_unreadable: 'We could not read your photo. Please try again with another one.',
  service_error: 'The studio is closed for the moment. Please try again a little later.',
}

const WORDS = {
  copy: 'Copy URL',
  copied: 'Copied!',
  notCopied: 'Please copy the marked address yourself.',
  shareTitle: (couple: string) => (couple ? `A love song for ${couple}` : 'A love song'),
}

const session_id = document.documentElement.dataset['sessionId'] ?? ''

interface State {
  view: View
  result: SongResult | null
  sections: LyricsSection[]
  failureText: string
  unreachableText: string
  isCopied: boolean
}

function initialState(): State {
  return { view: 'loading', result: null, sections: [], failureText: '', unreachableText: '', isCopied: false }
}

Alpine.data('result', () => ({
  ...initialState(),

  init() {
    void this.load()
  },

  async load() {
    this.view = 'loading'
    const outcome = await fetchResult(session_id)
    switch (outcome.kind) {
      case 'success':
        this.result = outcome.result
        clearDraft()
        this.sections = parseLyrics(outcome.result.lyrics)
        break
      case 'failed':
        this.failureText = await this.explainFailure(outcome.message)
        break
      case 'unfinished':
        window.location.replace(this.waitingUrl)
        break
      case 'unreachable':
        this.unreachableText = outcome.message
    }
    this.view = outcome.kind
    document.title = TITLES[outcome.kind] + TITLE_END
  },

  /** The reason in our words where the snapshot names one that we know, otherwise in the server's. */
  async explainFailure(message: string): Promise<string> {
    const outcome = await fetchSnapshot(session_id)
    const named = outcome.kind === 'snapshot' ? outcome.snapshot.failure_reason : null
    const reason = FAILURE_REASONS.find((known) => known === named)
    return reason ? FAILURE_WORDS[reason] : message
  },

  get isLoading(): boolean {
    return this.view === 'loading'
  },
  get isSuccess(): boolean {
    return this.view === 'success'
  },
  get isUnfinished(): boolean {
    return this.view === 'unfinished'
  },
  get isFailed(): boolean {
    return this.view === 'failed'
  },
  get isMissing(): boolean {
    return this.view === 'missing'
  },
  get isExpired(): boolean {
    return this.view === 'expired'
  },
  get isUnreachable(): boolean {
    return this.view === 'unreachable'
  },
  get isWithoutVideo(): boolean {
    return this.view !== 'success'
  },

  get waitingUrl(): string {
    return `/waiting/${encodeURIComponent(session_id)}`
  },

  get pageUrl(): string {
    return window.location.origin + window.location.pathname
  },

  // The song

  get petName(): string {
    return this.result?.pet_name ?? ''
  },
  get ownerName(): string {
    return this.result?.owner_name ?? ''
  },
  get videoUrl(): string {
    return this.result?.video_url ?? ''
  },
  get posterUrl(): string {
    return this.result?.poster_url ?? ''
  },
  get fileName(): string {
    return this.result ? videoFileName(this.result) : ''
  },
  get storyUrl(): string {
    return (this.result && findVideo(this.result, FORMAT_STORY)?.url) ?? ''
  },
  get storyFileName(): string {
    return this.result ? videoFileName(this.result, FORMAT_STORY) : ''
  },
  get hasStory(): boolean {
    return this.storyUrl !== ''
  },
  get hasLyrics(): boolean {
    return this.sections.length > 0
  },

  // Sending it on

  get shareTitle(): string {
    return WORDS.shareTitle(this.result ? coupleOf(this.result) : '')
  },
  get canShare(): boolean {
    return canShare()
  },
  get facebookUrl(): string {
    return facebookUrl(this.pageUrl)
  },
  get whatsAppUrl(): string {
    return whatsAppUrl(this.pageUrl, this.shareTitle)
  },
  get copyLabel(): string {
    return this.isCopied ? WORDS.copied : WORDS.copy
  },

  async share() {
    await sharePage(this.shareTitle, this.pageUrl)
  },

  async copyUrl() {
    this.isCopied = await copyText(this.pageUrl)
    if (this.isCopied) {
      window.setTimeout(() => {
        this.isCopied = false
      }, COPIED_MS)
      return
    }
    const field = this.$refs['address'] as HTMLInputElement
    field.select()
    showToast({ text: WORDS.notCopied })
  },
}))

registerToast()
Alpine.start()
