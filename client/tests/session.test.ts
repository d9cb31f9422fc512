import { describe, expect, it } from 'vitest'
import { SessionManager, STORAGE_KEY } from '../src/session'

class MemoryStorage {
  readonly items = new Map<string, string>()
  getItem(key: string): string | null {
    return this.items.get(key) ?? null
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value)
  }
}

function open(content?: string): { storage: MemoryStorage; sessions: SessionManager } {
  const storage = new MemoryStorage()
  if (content !== undefined) storage.setItem(STORAGE_KEY, content)
  return { storage, sessions: new SessionManager(() => storage) }
}

const NOON = new Date('2026-02-14T12:00:00Z')
const NAMES = { pet_name: 'Toby', owner_name: 'Matt' }

describe('SessionManager', () => {
  it('writes the shape of the specification under its key', () => {
    const { storage, sessions } = open()
    sessions.updateSession('song1', 'cookie1', NAMES, NOON)
    expect(JSON.parse(storage.getItem('submission_data') ?? '')).toEqual({
      cookie_id: 'cookie1',
      entries: [{ session_id: 'song1', timestamp: '2026-02-14T12:00:00.000Z', ...NAMES }],
    })
  })

  it('keeps the cookie id when the server issues none', () => {
    const { sessions } = open()
    sessions.updateSession('song1', 'cookie1', NAMES, NOON)
    sessions.updateSession('song2', null, NAMES, NOON)
    expect(sessions.read().cookie_id).toBe('cookie1')
    expect(sessions.read().entries.map((entry) => entry.session_id)).toEqual(['song1', 'song2'])
  })

  it('counts a song once, even if it is answered twice', () => {
    const { sessions } = open()
    sessions.updateSession('song1', 'cookie1', NAMES, NOON)
    sessions.updateSession('song1', null, NAMES, NOON)
    expect(sessions.read().entries).toHaveLength(1)
  })

  it('reads entries from before songs had names', () => {
    const { sessions } = open('{"cookie_id": "cookie1", "entries": [{"session_id": "song1"}]}')
    expect(sessions.read().entries).toEqual([{ session_id: 'song1', timestamp: '', pet_name: '', owner_name: '' }])
  })

  it('forgets a deleted song, and only that', () => {
    const { sessions } = open()
    sessions.updateSession('song1', 'cookie1', NAMES, NOON)
    sessions.updateSession('song2', null, NAMES, NOON)
    expect(sessions.isOwn('song1')).toBe(true)
    sessions.forget('song1')
    expect(sessions.isOwn('song1')).toBe(false)
    expect(sessions.read()).toMatchObject({ cookie_id: 'cookie1', entries: [{ session_id: 'song2' }] })
  })

  it('reaches the limit with the tenth song', () => {
    const { sessions } = open()
    for (let song = 1; song <= 9; song++) sessions.updateSession(`song${String(song)}`, null, NAMES, NOON)
    expect(sessions.hasReachedSubmissionLimit(10)).toBe(false)
    sessions.updateSession('song10', null, NAMES, NOON)
    expect(sessions.hasReachedSubmissionLimit(10)).toBe(true)
  })

  it.each(['', 'no json', 'null', '[]', '{"entries": 7}', '{"cookie_id": 1, "entries": [null, {"session_id": 2}]}'])(
    'counts %j as empty',
    (content) => {
      expect(open(content).sessions.read()).toEqual({ cookie_id: null, entries: [] })
    },
  )

  it('survives blocked storage', () => {
    const sessions = new SessionManager(() => {
      throw new Error('blocked')
    })
    sessions.updateSession('song1', 'cookie1', NAMES, NOON)
    expect(sessions.hasReachedSubmissionLimit(1)).toBe(false)
  })
})
