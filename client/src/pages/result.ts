/**
 * The page at `/result/{id}`: the finished song to play, read, download and share, or why there is none.
 *
 * Lyrics and names reach the page as text nodes only.
 */
import '../globals'
import Alpine from '@alpinejs/csp'
import '../styles/index.css'
import { deleteSong, fetchResult, fetchSnapshot } from '../api'
import type { ResultOutcome } from '../api'
import { FAILURE_REASONS, FORMAT_STORY } from '../contract'
import type { LyricsSection, SongResult } from '../contract'
import { describeDay } from '../dates'
import { clearDraft, loadDraft } from '../draft'
import { SessionManager } from '../session'
import { canShare, canShareFiles, copyText, coupleOf, facebookUrl, fetchFile, findVideo, mailUrl, shareSong, videoFileName, whatsAppUrl, xUrl } from '../share'
import { markUnseen, setTitle } from '../tab'
import { registerToast, showToast } from '../toast'
import { WORDS } from '../words/result'

type View = 'loading' | ResultOutcome['kind']

const COPIED_MS = 2_500
const session_id = document.documentElement.dataset['sessionId'] ?? ''
const sessions = new SessionManager()

interface State {
  view: View
  result: SongResult | null
  sections: LyricsSection[]
  failureText: string
  unreachableText: string
  isCopied: boolean
  isDeleting: boolean
  /** The video for the share sheet, once it is fetched. */
  file: File | null
}

function initialState(): State {
  return { view: 'loading', result: null, sections: [], failureText: '', unreachableText: '', isCopied: false, isDeleting: false, file: null }
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
        this.sections = outcome.result.sections
        markUnseen()
        void this.fetchFile()
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
    setTitle(WORDS.titles[outcome.kind])
  },

  /** The reason in the page's words if the snapshot names a known one, otherwise the server's message. */
  async explainFailure(message: string): Promise<string> {
    const outcome = await fetchSnapshot(session_id)
    const given = outcome.kind === 'snapshot' ? outcome.snapshot.failure_reason : null
    const reason = FAILURE_REASONS.find((known) => known === given)
    return reason ? WORDS.failed[reason] : message
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
  get downloadUrl(): string {
    return this.result?.videos[0]?.download_url ?? this.videoUrl
  },
  get storyUrl(): string {
    return (this.result && findVideo(this.result, FORMAT_STORY)?.download_url) ?? ''
  },
  get hasStory(): boolean {
    return this.storyUrl !== ''
  },
  get captionsUrl(): string | null {
    return this.result?.captions_url ?? null
  },
  get keptUntil(): string {
    return describeDay(this.result?.kept_until ?? '')
  },
  get hasLyrics(): boolean {
    return this.sections.length > 0
  },

  // Sharing it

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
  get xUrl(): string {
    return xUrl(this.pageUrl, this.shareTitle)
  },
  get mailUrl(): string {
    return mailUrl(this.pageUrl, this.shareTitle)
  },
  get copyLabel(): string {
    return this.isCopied ? WORDS.send.copied : WORDS.send.copy
  },

  /** In advance, because browsers open a share sheet only right after a tap. */
  async fetchFile() {
    if (canShareFiles()) this.file = await fetchFile(this.videoUrl, this.fileName)
  },

  get hasFile(): boolean {
    return this.file !== null
  },

  async share() {
    await shareSong(this.shareTitle, this.pageUrl, this.file)
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
    showToast({ text: WORDS.send.notCopied })
  },

  // Deleting it

  get isOwn(): boolean {
    return sessions.isOwn(session_id)
  },
  get hasDraft(): boolean {
    return loadDraft() !== null
  },
  get deleteLabel(): string {
    return this.isDeleting ? WORDS.remove.deleting : WORDS.remove.confirm
  },

  openDelete() {
    ;(this.$refs['deleteDialog'] as HTMLDialogElement).showModal()
  },

  closeDelete() {
    ;(this.$refs['deleteDialog'] as HTMLDialogElement).close()
  },

  async deleteNow() {
    this.isDeleting = true
    const outcome = await deleteSong(session_id, sessions.read().cookie_id)
    this.isDeleting = false
    this.closeDelete()
    if (outcome.kind === 'refused') {
      showToast({ text: outcome.message })
      return
    }
    sessions.forget(session_id)
    this.view = 'expired'
    setTitle(WORDS.titles.expired)
    showToast({ text: WORDS.remove.done })
  },
}))

registerToast()
Alpine.start()
