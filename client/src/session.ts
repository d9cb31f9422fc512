/**
 * This browser's own songs, in localStorage under the key `submission_data`.
 *
 * Never throws: storage that is blocked, full or invalid counts as empty.
 */
import { asObject, asText } from './contract'

export const STORAGE_KEY = 'submission_data'

export interface Names {
  pet_name: string
  owner_name: string
}

export interface Entry extends Names {
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
  const entry = asObject(value)
  const session_id = asText(entry['session_id'])
  if (!session_id) return []
  return [
    {
      session_id,
      timestamp: asText(entry['timestamp']) ?? '',
      pet_name: asText(entry['pet_name']) ?? '',
      owner_name: asText(entry['owner_name']) ?? '',
    },
  ]
}

function parseLog(text: string | null): SubmissionLog {
  const { cookie_id, entries } = asObject(JSON.parse(text ?? '{}'))
  return {
    cookie_id: asText(cookie_id),
    entries: Array.isArray(entries) ? entries.flatMap(parseEntry) : [],
  }
}

function isOther(session_id: string): (entry: Entry) => boolean {
  return (entry) => entry.session_id !== session_id
}

export class SessionManager {
  readonly #openStorage: () => TextStorage

  /** `openStorage` is called each time, because the property `window.localStorage` throws if storage is blocked. */
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

  /** Adds a song; keeps the cookie id unless the server issued a new one. */
  updateSession(session_id: string, cookie_id: string | null, names: Names, now = new Date()): void {
    const { cookie_id: known, entries } = this.read()
    const { pet_name, owner_name } = names
    const entry = { session_id, timestamp: now.toISOString(), pet_name, owner_name }
    this.#write({ cookie_id: cookie_id ?? known, entries: [...entries.filter(isOther(session_id)), entry] })
  }

  /** Removes a deleted song; the server still counts it. */
  forget(session_id: string): void {
    const { cookie_id, entries } = this.read()
    this.#write({ cookie_id, entries: entries.filter(isOther(session_id)) })
  }

  isOwn(session_id: string): boolean {
    return this.read().entries.some((entry) => entry.session_id === session_id)
  }

  /** `limit` is the server's, which also counts what this browser has forgotten. */
  hasReachedSubmissionLimit(limit: number): boolean {
    return this.read().entries.length >= limit
  }

  #write(log: SubmissionLog): void {
    try {
      this.#openStorage().setItem(STORAGE_KEY, JSON.stringify(log))
    } catch {
      // The song is made anyway; only this browser's list stays unchanged.
    }
  }
}
