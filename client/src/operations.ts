/** The site's state for operators: fetched behind the login, again whenever the socket says that something changed. */
import { io } from 'socket.io-client'
import { asObject, asText, EVENT_CHANGED, EVENT_OPERATE, SOCKET_PATH } from './contract'
import type { QueueStatus } from './contract-admin'
import type { Connection } from './live'

export interface Listener {
  onStatus: (status: QueueStatus) => void
  onConnection: (connection: Connection) => void
}

/** Changes come in groups: several of them cause one request. */
const SETTLE_MS = 500
const POLL_MS = 10_000

async function request(path: string, init: RequestInit = {}): Promise<{ isOk: boolean; body: unknown }> {
  try {
    const response = await fetch(`/api/admin/${path}`, init)
    return { isOk: response.ok, body: await response.json() }
  } catch {
    return { isOk: false, body: null }
  }
}

/** Retries or fails a submission; returns why that was refused, or null. */
export async function operate(submission: string, action: 'retry' | 'fail', noAnswer: string): Promise<string | null> {
  const { isOk, body } = await request(`submissions/${encodeURIComponent(submission)}/${action}`, { method: 'POST' })
  return isOk ? null : (asText(asObject(body)['message']) ?? noAnswer)
}

/** Watches the site's state; the returned function fetches it now. */
export function watchQueueStatus(listener: Listener): () => void {
  const socket = io({ path: SOCKET_PATH, transports: ['websocket'] })
  let timer = 0

  function loadIn(delay_ms: number): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void load(), delay_ms)
  }

  async function load(): Promise<void> {
    // Not parsed: an admin page that breaks with a new release is reloaded by its operator.
    const { isOk, body } = await request('queue-status')
    if (isOk) listener.onStatus(body as QueueStatus)
    loadIn(POLL_MS)
  }

  async function join(): Promise<void> {
    const { body } = await request('ticket')
    const answer: unknown = await socket.emitWithAck(EVENT_OPERATE, { ticket: asObject(body)['ticket'] })
    if (asObject(answer)['error'] === undefined) listener.onConnection('live')
    void load()
  }

  socket.on('connect', () => void join())
  socket.on(EVENT_CHANGED, () => {
    loadIn(SETTLE_MS)
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
