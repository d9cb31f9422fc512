/** The list of songs made in this browser, below the form. */
import Alpine from '@alpinejs/csp'
import { SessionManager } from './session'
import type { Song } from './songs'

/** Registers the component of the section in index.html. */
export function registerMySongs(sessions: SessionManager): void {
  Alpine.data('mySongs', () => ({
    songs: [] as Song[],
    stop: (): void => undefined,

    get hasSongs(): boolean {
      return this.songs.length > 0
    },

    /** Each time the page is shown, also from the back-forward cache. */
    async show() {
      this.stop()
      const entries = sessions.read().entries.toReversed()
      if (entries.length === 0) return
      // Loaded only if there are songs, because it includes the socket library.
      const { describeSong, followSongs } = await import('./songs')
      this.songs = entries.map((entry) => describeSong(entry, 'loading'))
      this.stop = followSongs(entries, (song) => {
        this.songs = this.songs.map((shown) => (shown.session_id === song.session_id ? song : shown))
      })
    },
  }))
}
