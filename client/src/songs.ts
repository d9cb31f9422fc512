/** The songs made in this browser, as links. */
import type { Entry } from './session'

export interface SongLink {
  url: string
  /** When it was asked for, in the visitor's own way of writing dates. */
  label: string
}

function describeDate(timestamp: string): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? 'A song' : date.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
}

/** One link for each entry, the newest first. */
export function linkSongs(entries: Entry[]): SongLink[] {
  return entries
    .map(({ session_id, timestamp }) => ({
      url: `/result/${encodeURIComponent(session_id)}`,
      label: describeDate(timestamp),
    }))
    .reverse()
}
