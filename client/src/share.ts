/** Ways a finished song leaves the page: the system's share sheet, links to platforms, the clipboard, a file name. */
import type { SongResult, VideoFile } from './contract'

/** "Toby and Matt", from both names of a song. */
export function coupleOf({ pet_name, owner_name }: Pick<SongResult, 'pet_name' | 'owner_name'>): string {
  return [pet_name, owner_name].filter((name) => name !== '').join(' and ')
}

/** "Toby-and-Matt.mp4", as the server names it too; names are letters and spaces, so nothing else needs replacing. */
export function videoFileName(result: Pick<SongResult, 'pet_name' | 'owner_name'>): string {
  return `${coupleOf(result).replace(/\s+/g, '-') || 'love-song'}.mp4`
}

/** The video of a song in one format, if it was made. */
export function findVideo(result: Pick<SongResult, 'videos'>, format: string): VideoFile | undefined {
  return result.videos.find((video) => video.format === format)
}

export function facebookUrl(page_url: string): string {
  return `https://www.facebook.com/sharer/sharer.php?${new URLSearchParams({ u: page_url }).toString()}`
}

export function whatsAppUrl(page_url: string, text: string): string {
  return `https://wa.me/?${new URLSearchParams({ text: `${text} ${page_url}` }).toString()}`
}

export function xUrl(page_url: string, text: string): string {
  return `https://x.com/intent/post?${new URLSearchParams({ text, url: page_url }).toString()}`
}

/** Not by URLSearchParams: mail programs show its plus signs. */
export function mailUrl(page_url: string, subject: string): string {
  return `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(page_url)}`
}

/** Whether the browser has a share sheet; it is missing on many desktops and on pages without HTTPS. */
export function canShare(): boolean {
  return typeof navigator.share === 'function'
}

/** Whether the share sheet takes videos, and the visitor does not want to save data. */
export function canShareFiles(): boolean {
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection
  if (!canShare() || connection?.saveData === true) return false
  const sample = new File([], 'song.mp4', { type: 'video/mp4' })
  return typeof navigator.canShare === 'function' && navigator.canShare({ files: [sample] })
}

/** A video as a file under a name; null where it cannot be fetched. */
export async function fetchFile(url: string, name: string): Promise<File | null> {
  try {
    const response = await fetch(url)
    return response.ok ? new File([await response.blob()], name, { type: 'video/mp4' }) : null
  } catch {
    return null
  }
}

/** Opens the share sheet, with the video if it is there; closing it without a choice is no error. */
export async function shareSong(title: string, page_url: string, file: File | null): Promise<void> {
  // Beside a file, many apps drop an address of its own but keep it in the text.
  const what = file ? { title, text: `${title} ${page_url}`, files: [file] } : { title, url: page_url }
  await navigator.share(what).catch(() => undefined)
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
