/**
 * The songs made in this browser: their names from this browser, how far they are from the server.
 *
 * Those that are still being made are followed until they end; the server's limits are not spent on the others.
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

/** What a snapshot says of a song; the files of one that is ready without a preview have been deleted. */
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

/** Tells how each song stands, and tells again whenever that changes; returns what ends it. */
export function followSongs(entries: Entry[], onSong: (song: Song) => void): () => void {
  const stops: (() => void)[] = []
  let isOver = false

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

  async function ask(entry: Entry): Promise<void> {
    const outcome = await fetchSnapshot(entry.session_id)
    if (isOver) return
    if (outcome.kind === 'missing') onSong(describeSong(entry, 'gone'))
    else if (outcome.kind === 'unreachable') onSong(describeSong(entry, 'unknown'))
    else {
      onSong(describeSong(entry, stateOf(outcome.snapshot), outcome.snapshot))
      if (!isFinal(outcome.snapshot)) follow(entry)
    }
  }

  for (const entry of entries) void ask(entry)
  return () => {
    isOver = true
    for (const stop of stops) stop()
  }
}
