/** Ways a finished song leaves the page: the system's share sheet, links to platforms, the clipboard, a file name. */
import type { SongResult, VideoFile } from './contract'

/** "Toby and Matt", from both names of a song. */
export function coupleOf({ pet_name, owner_name }: Pick<SongResult, 'pet_name' | 'owner_name'>): string {
  return [pet_name, owner_name].filter((name) => name !== '').join(' and ')
}

/** "Toby-and-Matt.mp4", "Toby-and-Matt-story.mp4"; names are letters and spaces, so nothing else needs replacing. */
export function videoFileName(result: Pick<SongResult, 'pet_name' | 'owner_name'>, format?: string): string {
  const couple = coupleOf(result).replace(/\s+/g, '-') || 'love-song'
  return `${format ? `${couple}-${format}` : couple}.mp4`
}

/** The film of a song in one format, if it was made. */
export function findVideo(result: Pick<SongResult, 'videos'>, format: string): VideoFile | undefined {
  return result.videos.find((video) => video.format === format)
}

export function facebookUrl(page_url: string): string {
  return `https://www.facebook.com/sharer/sharer.php?${new URLSearchParams({ u: page_url }).toString()}`
}

export function whatsAppUrl(page_url: string, text: string): string {
  return `https://wa.me/?${new URLSearchParams({ text: `${text} ${page_url}` }).toString()}`
}

/** Whether the browser has a share sheet; it is missing on many desktops and on pages without HTTPS. */
export function canShare(): boolean {
  return typeof navigator.share === 'function'
}

/** Opens the share sheet; closing it without a choice is no error. */
export async function sharePage(title: string, page_url: string): Promise<void> {
  await navigator.share({ title, url: page_url }).catch(() => undefined)
}

/** Whether the text is now on the clipboard; browsers refuse it without HTTPS or permission. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
