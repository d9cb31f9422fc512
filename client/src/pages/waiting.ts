/**
 * The page at `/waiting/{id}`: the visitor's record turns while the song is made.
 *
 * It opens the result by itself, and never gives up on a song that is still being made.
 */
import '../globals'
import Alpine from '@alpinejs/csp'
import '../styles/index.css'
import type { Snapshot, Stage } from '../contract'
import { describeEta } from '../eta'
import { isFinal, watchSubmission } from '../live'
import type { Connection } from '../live'
import { prefersReducedMotion } from '../motion'
import { askPermission, notify, readPermission } from '../notification'
import type { Permission } from '../notification'
import { copyText } from '../share'
import { setTitle } from '../tab'
import { registerToast, showToast } from '../toast'
import { SHARED } from '../words/shared'
import { WORDS } from '../words/waiting'

const LONG_WAIT_MS = 5 * 60 * 1000
const CLOCK_TICK_MS = 5_000

const STEPS: Stage[] = ['queued', 'composing', 'downloading', 'rendering']

const session_id = document.documentElement.dataset['sessionId'] ?? ''

interface State {
  snapshot: Snapshot | null
  connection: Connection
  isMissing: boolean
  isTurning: boolean
  permission: Permission
  hasAsked: boolean
  /** Not a getter, so that it is written only when it changes: screen readers announce every write. */
  stageText: string
  opened_ms: number
  now_ms: number
}

function initialState(): State {
  const now_ms = Date.now()
  return {
    snapshot: null,
    connection: 'connecting',
    isMissing: false,
    isTurning: !prefersReducedMotion,
    permission: readPermission(),
    hasAsked: false,
    stageText: WORDS.opening,
    opened_ms: now_ms,
    now_ms,
  }
}

Alpine.data('waiting', () => ({
  ...initialState(),

  init() {
    const clock = window.setInterval(() => {
      this.now_ms = Date.now()
    }, CLOCK_TICK_MS)
    watchSubmission(session_id, {
      onSnapshot: (snapshot) => {
        void this.show(snapshot)
      },
      onConnection: (connection) => {
        this.connection = connection
      },
      onMissing: () => {
        this.isMissing = true
        window.clearInterval(clock)
        setTitle(WORDS.missingTitle)
      },
    })
  },

  async show(snapshot: Snapshot) {
    this.snapshot = snapshot
    this.stageText = WORDS.stages[snapshot.stage].text
    setTitle(WORDS.stages[snapshot.stage].title)
    if (!isFinal(snapshot)) return
    const url = `/result/${encodeURIComponent(session_id)}`
    if (snapshot.stage === 'ready' && document.visibilityState === 'hidden') await notify(WORDS.readyTitle, WORDS.readyText, url)
    window.location.replace(url)
  },

  get isFound(): boolean {
    return !this.isMissing
  },

  get steps(): { title: string; current: string | null; state: string }[] {
    const stage = this.snapshot?.stage ?? 'queued'
    const at = stage === 'ready' ? STEPS.length : STEPS.indexOf(stage)
    return STEPS.map((step, index) => ({
      title: WORDS.stages[step].title,
      current: index === at ? 'step' : null,
      state: index < at ? 'done' : index === at ? 'current' : 'next',
    }))
  },

  get percent(): number {
    return Math.round((this.snapshot?.progress ?? 0) * 100)
  },

  get progressText(): string {
    return WORDS.percent(this.percent)
  },

  get progressStyle(): Record<string, string> {
    return { '--progress': String(this.snapshot?.progress ?? 0) }
  },

  get queueText(): string {
    const position = this.snapshot?.queue_position ?? null
    if (position === null || position < 1) return ''
    return position === 1 ? WORDS.nextInLine : WORDS.place(position)
  },

  get etaText(): string {
    const eta = this.snapshot?.eta_seconds ?? null
    return eta === null || this.isLongWait ? '' : describeEta(eta)
  },

  get connectionText(): string {
    return this.connection === 'reconnecting' ? WORDS.reconnecting : ''
  },

  get isLongWait(): boolean {
    const created_ms = Date.parse(this.snapshot?.created_at ?? '')
    const since_ms = Number.isNaN(created_ms) ? this.opened_ms : created_ms
    return this.now_ms - since_ms >= LONG_WAIT_MS
  },

  get pageUrl(): string {
    return window.location.href
  },

  async copyUrl() {
    showToast({ text: (await copyText(window.location.href)) ? WORDS.copied : WORDS.notCopied })
  },

  // The notification

  get canAskToNotify(): boolean {
    return this.permission === 'default'
  },

  get notifyText(): string {
    if (this.permission === 'granted') return WORDS.willNotify
    return this.hasAsked ? WORDS.notifyRefused : ''
  },

  async askToNotify() {
    this.permission = await askPermission()
    this.hasAsked = true
  },

  // The record

  get previewUrl(): string | null {
    return this.snapshot?.preview_url ?? null
  },

  get posterUrl(): string | null {
    return this.snapshot?.poster_url ?? null
  },

  get hasPreview(): boolean {
    return this.previewUrl !== null
  },

  get hasNoPreview(): boolean {
    return this.previewUrl === null
  },

  get turningLabel(): string {
    return this.isTurning ? SHARED.stopRecord : SHARED.turnRecord
  },

  toggleTurning() {
    this.isTurning = !this.isTurning
    this.turnPreview()
  },

  /** Also called when the preview can play, because `autoplay` would ignore prefers-reduced-motion. */
  turnPreview() {
    const video = this.$refs['preview'] as HTMLVideoElement | undefined
    if (!video) return
    if (this.isTurning) void video.play().catch(() => undefined)
    else video.pause()
  },
}))

registerToast()
Alpine.start()
