/**
 * Watches one submission: pushed over the socket, polled over HTTP while there is no socket.
 *
 * A push is a hint, and the server's row is the truth: every connection and every wake-up fetches a whole snapshot,
 * an older snapshot never replaces a newer one, and only a final state ends the watch.
 */
import { io } from 'socket.io-client'
import { fetchSnapshot } from './api'
import { asObject, ERROR_NOT_FOUND, EVENT_STATUS, EVENT_WATCH, parseSnapshot, SOCKET_PATH } from './contract'
import type { Snapshot } from './contract'

export type Connection = 'connecting' | 'live' | 'reconnecting'

export interface Listener {
  onSnapshot: (snapshot: Snapshot) => void
  onConnection: (connection: Connection) => void
  onMissing: () => void
}

/** A range of milliseconds, so that pages do not all return to a restarted server in the same second. */
type Range = readonly [number, number]

const FIRST_POLL_MS: Range = [3_000, 3_000]
const POLL_WITHOUT_SOCKET_MS: Range = [8_000, 12_000]
/** A connected page hears of changes within 20 s, even if a push is lost; this is for a server that fails to send them. */
const POLL_WITH_SOCKET_MS: Range = [240_000, 360_000]
const ACKNOWLEDGEMENT_MS = 10_000
/** Longer than a crowd needs to connect: pages that give up and retry only make the queue longer. */
const CONNECT_MS = 30_000
const RECONNECT_MS = 1_000
const MAX_RECONNECT_MS = 10_000
const RECONNECT_AFTER_CLOSE_MS: Range = [1_000, 5_000]

/** A random delay from the range, so that pages that arrived together do not poll together for ever. */
export function randomDelay([from_ms, to_ms]: Range): number {
  return from_ms + Math.random() * (to_ms - from_ms)
}

/** The snapshot to show after `arrived`: never an older version, never less progress. */
export function mergeSnapshot(seen: Snapshot | null, arrived: Snapshot): Snapshot {
  if (seen === null) return arrived
  if (arrived.version < seen.version) return seen
  return {
    ...arrived,
    progress: Math.max(seen.progress, arrived.progress),
    queue_position: lowerPosition(seen.queue_position, arrived.queue_position),
  }
}

/** The position to show: one that rises would look like a broken promise. */
function lowerPosition(seen: number | null, arrived: number | null): number | null {
  return seen === null || arrived === null ? arrived : Math.min(seen, arrived)
}

export function isFinal(snapshot: Snapshot): boolean {
  return snapshot.status === 'success' || snapshot.status === 'fail'
}

/** Starts watching, and calls the listener on each change until a final state, or until the returned function is called. */
export function watchSubmission(session_id: string, listener: Listener): () => void {
  const socket = io({
    path: SOCKET_PATH,
    transports: ['websocket'],
    timeout: CONNECT_MS,
    reconnectionDelay: RECONNECT_MS,
    reconnectionDelayMax: MAX_RECONNECT_MS,
    randomizationFactor: 0.5,
  })
  const wakeUps = new AbortController()
  let seen: Snapshot | null = null
  let timer = 0

  function stop(): void {
    window.clearTimeout(timer)
    wakeUps.abort()
    socket.disconnect()
  }

  function receive(snapshot: Snapshot | null): void {
    if (snapshot?.session_id !== session_id || wakeUps.signal.aborted) return
    seen = mergeSnapshot(seen, snapshot)
    if (isFinal(seen)) stop()
    listener.onSnapshot(seen)
  }

  function reportMissing(): void {
    stop()
    listener.onMissing()
  }

  /** Whether there was an answer: there is none while the database is down. */
  async function pollSocket(): Promise<boolean> {
    const answer: unknown = await socket.timeout(ACKNOWLEDGEMENT_MS).emitWithAck(EVENT_WATCH, { session_id })
    const snapshot = parseSnapshot(answer)
    if (asObject(answer)['error'] === ERROR_NOT_FOUND) reportMissing()
    else receive(snapshot)
    return snapshot !== null
  }

  async function pollServer(): Promise<boolean> {
    const outcome = await fetchSnapshot(session_id)
    if (wakeUps.signal.aborted) return false
    if (outcome.kind === 'missing') reportMissing()
    if (outcome.kind === 'snapshot') receive(outcome.snapshot)
    return outcome.kind === 'snapshot'
  }

  async function poll(): Promise<void> {
    window.clearTimeout(timer)
    const isAnswered = socket.connected ? await pollSocket().catch(pollServer) : await pollServer()
    if (!wakeUps.signal.aborted) pollIn(isAnswered && socket.connected ? POLL_WITH_SOCKET_MS : POLL_WITHOUT_SOCKET_MS)
  }

  function pollIn(range_ms: Range): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void poll(), randomDelay(range_ms))
  }

  function wakeUp(): void {
    if (document.visibilityState === 'hidden') return
    socket.connect()
    void poll()
  }

  socket.on('connect', () => {
    listener.onConnection('live')
    void poll()
  })
  socket.on(EVENT_STATUS, (value: unknown) => {
    receive(parseSnapshot(value))
  })
  socket.on('disconnect', (reason) => {
    if (wakeUps.signal.aborted) return
    listener.onConnection('reconnecting')
    // The library does not reconnect after a disconnect by the server, but the song is still being made.
    if (reason === 'io server disconnect') {
      window.setTimeout(() => {
        if (!wakeUps.signal.aborted) socket.connect()
      }, randomDelay(RECONNECT_AFTER_CLOSE_MS))
    }
    pollIn(POLL_WITHOUT_SOCKET_MS)
  })
  socket.on('connect_error', () => {
    listener.onConnection('reconnecting')
  })
  document.addEventListener('visibilitychange', wakeUp, { signal: wakeUps.signal })
  window.addEventListener('online', wakeUp, { signal: wakeUps.signal })
  window.addEventListener(
    'pageshow',
    (event) => {
      // Only from the back-forward cache: on first load the page waits for the socket.
      if (event.persisted) wakeUp()
    },
    { signal: wakeUps.signal },
  )

  listener.onConnection('connecting')
  pollIn(FIRST_POLL_MS)
  return stop
}
