/**
 * The songs made in this browser: names from localStorage, states from the server.
 *
 * Songs that are still being made are watched until they end; the others cost one request each.
 */
import { fetchSnapshot } from './api'
import type { Snapshot } from './contract'
import { isFinal, watchSubmission } from './live'
import type { Entry } from './session'
import { WORDS } from './words/form'
import { SHARED } from './words/shared'

export interface Song {
  session_id: string
  url: string
  title: string
  state: string
  stateText: string
  posterUrl: string | null
}

function describeDate(timestamp: string): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? WORDS.songs.untitled : date.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
}

function titleOf({ pet_name, owner_name, timestamp }: Entry): string {
  return SHARED.couple(pet_name, owner_name) || describeDate(timestamp)
}

type State = keyof typeof WORDS.songs

/** The state to show; a ready song without a preview has had its files deleted. */
export function stateOf({ stage, preview_url }: Snapshot): State {
  return stage === 'ready' && preview_url === null ? 'gone' : stage
}

export function describeSong(entry: Entry, state: State, snapshot: Snapshot | null = null): Song {
  const id = encodeURIComponent(entry.session_id)
  const page = snapshot !== null && !isFinal(snapshot) ? 'waiting' : 'result'
  return {
    session_id: entry.session_id,
    url: `/${page}/${id}`,
    title: titleOf(entry),
    state,
    stateText: WORDS.songs[state],
    posterUrl: snapshot?.poster_url ?? null,
  }
}

/** Calls `onSong` with each song's state, and again when it changes; the returned function stops that. */
export function followSongs(entries: Entry[], onSong: (song: Song) => void): () => void {
  const stops: (() => void)[] = []
  let isStopped = false

  function follow(entry: Entry): void {
    const stop = watchSubmission(entry.session_id, {
      onSnapshot: (snapshot) => {
        onSong(describeSong(entry, stateOf(snapshot), snapshot))
      },
      onMissing: () => {
        onSong(describeSong(entry, 'gone'))
      },
      onConnection: () => undefined,
    })
    stops.push(stop)
  }

  async function load(entry: Entry): Promise<void> {
    const outcome = await fetchSnapshot(entry.session_id)
    if (isStopped) return
    if (outcome.kind === 'missing') onSong(describeSong(entry, 'gone'))
    else if (outcome.kind === 'unreachable') onSong(describeSong(entry, 'unknown'))
    else {
      onSong(describeSong(entry, stateOf(outcome.snapshot), outcome.snapshot))
      if (!isFinal(outcome.snapshot)) follow(entry)
    }
  }

  for (const entry of entries) void load(entry)
  return () => {
    isStopped = true
    for (const stop of stops) stop()
  }
}
