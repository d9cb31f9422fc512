/** How often a page polls: rarely with a socket and an answer, often without one of them. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Listener } from '../src/live'

const SNAPSHOT = {
  session_id: 'song1',
  version: 1,
  status: 'pending',
  stage: 'queued',
  progress: 0.02,
  queue_position: 7,
  eta_seconds: null,
  preview_url: null,
  poster_url: null,
  failure_reason: null,
  created_at: '2026-02-14T12:00:00Z',
}
const SECOND_MS = 1_000

const site = vi.hoisted(() => ({
  answer: null,
  polls: 0,
  connected: false,
  handlers: new Map<string, () => void>(),
}))

vi.mock('socket.io-client', () => ({
  io: () => ({
    get connected() {
      return site.connected
    },
    on: (event: string, handler: () => void) => site.handlers.set(event, handler),
    connect: () => undefined,
    disconnect: () => undefined,
    timeout: () => ({
      emitWithAck: () => {
        site.polls += 1
        return Promise.resolve(site.answer)
      },
    }),
  }),
}))

const { watchSubmission } = await import('../src/live')

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('document', { addEventListener: () => undefined, visibilityState: 'visible' })
  vi.stubGlobal('fetch', () => {
    site.polls += 1
    return Promise.reject(new TypeError('no network'))
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Opens a page, connects its socket if it has one, and returns how often it polls in the following seconds. */
async function countPolls(answer: unknown, seconds: number, hasSocket = true): Promise<number> {
  const listener: Listener = { onSnapshot: () => undefined, onConnection: () => undefined, onMissing: () => undefined }
  Object.assign(site, { answer, polls: 0, connected: hasSocket })
  const stop = watchSubmission('song1', listener)
  if (hasSocket) site.handlers.get('connect')?.()
  await vi.advanceTimersByTimeAsync(seconds * SECOND_MS)
  stop()
  return site.polls
}

it('polls once when it connects, and then rarely', async () => {
  expect(await countPolls(SNAPSHOT, 230)).toBe(1)
  expect(await countPolls(SNAPSHOT, 370)).toBe(2)
})

it('polls again soon if there was no answer', async () => {
  expect(await countPolls(null, 13)).toBe(2)
  expect(await countPolls(null, 60)).toBeGreaterThan(4)
})

it('polls every ten seconds without a socket', async () => {
  expect(await countPolls(null, 63, false)).toBeGreaterThan(4)
})
