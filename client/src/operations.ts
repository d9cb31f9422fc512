/** The operator's view of the site: asked for over HTTP behind the login, again whenever the socket says that something changed. */
import { io } from 'socket.io-client'
import { asObject, asText, EVENT_CHANGED, EVENT_OPERATE, SOCKET_PATH } from './contract'
import type { Connection } from './live'

export interface OpenRow {
  submission: string
  stage: string
  since: string
  attempts: number
  can_retry: boolean
}

export interface FailedRow {
  submission: string
  failure_reason: string
  failure_message: string | null
  failed_at: string
}

export interface StoppedOrders {
  since: string | null
  reason: string
  next_probe: string | null
}

export interface QueueStatus {
  sonauto_credits: number | null
  credits_age_seconds: number | null
  stages: Record<string, number>
  slots_used: number
  slots: number
  stopped_orders: StoppedOrders | null
  workers: Record<string, number>
  ready_last_hour: number
  failures_last_hour: Record<string, number>
  median_seconds: Record<string, number>
  open_submissions: OpenRow[]
  last_failures: FailedRow[]
  poison_submissions: unknown[]
}

export interface Listener {
  onStatus: (status: QueueStatus) => void
  onConnection: (connection: Connection) => void
}

const SETTLE_MS = 500
const ASK_AGAIN_MS = 10_000

async function ask(path: string, init: RequestInit = {}): Promise<{ isOk: boolean; body: unknown }> {
  try {
    const response = await fetch(`/api/admin/${path}`, init)
    return { isOk: response.ok, body: await response.json() }
  } catch {
    return { isOk: false, body: null }
  }
}

/** Does something to a submission by hand; the answer is why it was refused, or null. */
export async function actOn(submission: string, action: 'retry' | 'fail', noAnswer: string): Promise<string | null> {
  const { isOk, body } = await ask(`submissions/${encodeURIComponent(submission)}/${action}`, { method: 'POST' })
  return isOk ? null : (asText(asObject(body)['message']) ?? noAnswer)
}

/** Follows the site; the returned function asks at once. */
export function followOperations(listener: Listener): () => void {
  const socket = io({ path: SOCKET_PATH, transports: ['websocket'] })
  let timer = 0

  function askIn(pause_ms: number): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void load(), pause_ms)
  }

  async function load(): Promise<void> {
    // Our own server, behind the login, sends what its interface documents.
    const { isOk, body } = await ask('queue-status')
    if (isOk) listener.onStatus(body as QueueStatus)
    askIn(ASK_AGAIN_MS)
  }

  async function join(): Promise<void> {
    const { body } = await ask('ticket')
    const answer: unknown = await socket.emitWithAck(EVENT_OPERATE, { ticket: asObject(body)['ticket'] })
    if (asObject(answer)['error'] === undefined) listener.onConnection('live')
    void load()
  }

  socket.on('connect', () => void join())
  socket.on(EVENT_CHANGED, () => {
    askIn(SETTLE_MS)
  })
  socket.on('disconnect', () => {
    listener.onConnection('reconnecting')
  })
  socket.on('connect_error', () => {
    listener.onConnection('reconnecting')
  })
  void load()
  return () => void load()
}
