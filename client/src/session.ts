/**
 * What this browser remembers of its own songs, in localStorage under the key `submission_data`.
 *
 * Never throws: storage that is blocked, full or holds something else counts as empty.
 */
import { asObject, asText } from './contract'

export const STORAGE_KEY = 'submission_data'
export const MAX_SUBMISSIONS = 10

export interface Entry {
  session_id: string
  /** ISO 8601, UTC. */
  timestamp: string
}

export interface SubmissionLog {
  cookie_id: string | null
  entries: Entry[]
}

type TextStorage = Pick<Storage, 'getItem' | 'setItem'>

function parseEntry(value: unknown): Entry[] {
  const { session_id, timestamp } = asObject(value)
  const id = asText(session_id)
  return id ? [{ session_id: id, timestamp: asText(timestamp) ?? '' }] : []
}

function parseLog(text: string | null): SubmissionLog {
  const { cookie_id, entries } = asObject(JSON.parse(text ?? '{}'))
  return {
    cookie_id: asText(cookie_id),
    entries: Array.isArray(entries) ? entries.flatMap(parseEntry) : [],
  }
}

export class SessionManager {
  readonly #openStorage: () => TextStorage

  /** `openStorage` is called at each use, because reading `window.localStorage` itself throws where it is blocked. */
  constructor(openStorage: () => TextStorage = () => window.localStorage) {
    this.#openStorage = openStorage
  }

  read(): SubmissionLog {
    try {
      return parseLog(this.#openStorage().getItem(STORAGE_KEY))
    } catch {
      return { cookie_id: null, entries: [] }
    }
  }

  /** Adds a song; the cookie id is kept unless the server issued a new one. */
  updateSession(session_id: string, cookie_id: string | null, now = new Date()): void {
    const { cookie_id: known, entries } = this.read()
    const others = entries.filter((entry) => entry.session_id !== session_id)
    const log: SubmissionLog = {
      cookie_id: cookie_id ?? known,
      entries: [...others, { session_id, timestamp: now.toISOString() }],
    }
    try {
      this.#openStorage().setItem(STORAGE_KEY, JSON.stringify(log))
    } catch {
      // The song is made all the same; only this browser's list stays as it was.
    }
  }

  hasReachedSubmissionLimit(limit = MAX_SUBMISSIONS): boolean {
    return this.read().entries.length >= limit
  }
}
