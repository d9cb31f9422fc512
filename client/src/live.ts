/**
 * Follows one submission: pushed over the socket, asked for over HTTP while there is none.
 *
 * Push is a hint and the server's row is the truth: every connection and every wake-up asks for a whole snapshot,
 * an older snapshot never replaces a newer one, and nothing but a final state ends the watch.
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

/** From and up to how many milliseconds; a restarted server must not meet everybody in the same second. */
type Range = readonly [number, number]

const FIRST_ASK_MS: Range = [3_000, 3_000]
const ASK_WITHOUT_SOCKET_MS: Range = [8_000, 12_000]
/** While connected the server tells what is new every 20 s, a lost push included; this is for a server that does not. */
const ASK_WITH_SOCKET_MS: Range = [240_000, 360_000]
const ACKNOWLEDGEMENT_MS = 10_000
/** Longer than a crowd needs that arrives at once: whoever gives up and comes again makes the queue longer. */
const CONNECT_MS = 30_000
const RECONNECT_MS = 1_000
const MAX_RECONNECT_MS = 10_000
const RETURN_MS: Range = [1_000, 5_000]

/** A random pause of the range, so that pages that arrived together do not ask together for ever. */
export function drawPause([from_ms, upto_ms]: Range): number {
  return from_ms + Math.random() * (upto_ms - from_ms)
}

/** The snapshot to show after `arrived`: never an older version, never less progress. */
export function foldSnapshot(seen: Snapshot | null, arrived: Snapshot): Snapshot {
  if (seen === null) return arrived
  if (arrived.version < seen.version) return seen
  return {
    ...arrived,
    progress: Math.max(seen.progress, arrived.progress),
    queue_position: smallerPlace(seen.queue_position, arrived.queue_position),
  }
}

/** The place to show: one that rises would look like a broken promise. */
function smallerPlace(seen: number | null, arrived: number | null): number | null {
  return seen === null || arrived === null ? arrived : Math.min(seen, arrived)
}

export function isFinal(snapshot: Snapshot): boolean {
  return snapshot.status === 'success' || snapshot.status === 'fail'
}

/** Starts watching; the listener hears of each change until a final state or until the returned function is called. */
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
    seen = foldSnapshot(seen, snapshot)
    if (isFinal(seen)) stop()
    listener.onSnapshot(seen)
  }

  function reportMissing(): void {
    stop()
    listener.onMissing()
  }

  /** Whether there was an answer: while the database is away there is none. */
  async function askSocket(): Promise<boolean> {
    const answer: unknown = await socket.timeout(ACKNOWLEDGEMENT_MS).emitWithAck(EVENT_WATCH, { session_id })
    const snapshot = parseSnapshot(answer)
    if (asObject(answer)['error'] === ERROR_NOT_FOUND) reportMissing()
    else receive(snapshot)
    return snapshot !== null
  }

  async function askServer(): Promise<boolean> {
    const outcome = await fetchSnapshot(session_id)
    if (wakeUps.signal.aborted) return false
    if (outcome.kind === 'missing') reportMissing()
    if (outcome.kind === 'snapshot') receive(outcome.snapshot)
    return outcome.kind === 'snapshot'
  }

  async function ask(): Promise<void> {
    window.clearTimeout(timer)
    const isAnswered = socket.connected ? await askSocket().catch(askServer) : await askServer()
    if (!wakeUps.signal.aborted) askIn(isAnswered && socket.connected ? ASK_WITH_SOCKET_MS : ASK_WITHOUT_SOCKET_MS)
  }

  function askIn(range_ms: Range): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void ask(), drawPause(range_ms))
  }

  function wakeUp(): void {
    if (document.visibilityState === 'hidden') return
    socket.connect()
    void ask()
  }

  socket.on('connect', () => {
    listener.onConnection('live')
    void ask()
  })
  socket.on(EVENT_STATUS, (value: unknown) => {
    receive(parseSnapshot(value))
  })
  socket.on('disconnect', (reason) => {
    if (wakeUps.signal.aborted) return
    listener.onConnection('reconnecting')
    // The library stays away after a disconnect that the server asked for; a submission in the making is not over.
    if (reason === 'io server disconnect') {
      window.setTimeout(() => {
        if (!wakeUps.signal.aborted) socket.connect()
      }, drawPause(RETURN_MS))
    }
    askIn(ASK_WITHOUT_SOCKET_MS)
  })
  socket.on('connect_error', () => {
    listener.onConnection('reconnecting')
  })
  document.addEventListener('visibilitychange', wakeUp, { signal: wakeUps.signal })
  window.addEventListener('online', wakeUp, { signal: wakeUps.signal })
  window.addEventListener(
    'pageshow',
    (event) => {
      // Only from the back-forward cache: a page's first showing waits for the socket.
      if (event.persisted) wakeUp()
    },
    { signal: wakeUps.signal },
  )

  listener.onConnection('connecting')
  askIn(FIRST_ASK_MS)
  return stop
}
