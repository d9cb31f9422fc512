/** Sharing a finished song: the share sheet, links to platforms, the clipboard, and a file name. */
import type { SongResult, VideoFile } from './contract'

/** "Toby and Matt", from both names of a song. */
export function coupleOf({ pet_name, owner_name }: Pick<SongResult, 'pet_name' | 'owner_name'>): string {
  return [pet_name, owner_name].filter((name) => name !== '').join(' and ')
}

/** "Toby-and-Matt.mp4", like the server's; names are letters and spaces, so only spaces need replacing. */
export function videoFileName(result: Pick<SongResult, 'pet_name' | 'owner_name'>): string {
  return `${coupleOf(result).replace(/\s+/g, '-') || 'love-song'}.mp4`
}

/** The video in one format, if it exists. */
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

/** Without URLSearchParams, because mail programs show its plus signs. */
export function mailUrl(page_url: string, subject: string): string {
  return `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(page_url)}`
}

/** Whether the browser has a share sheet; many desktops and pages without HTTPS do not. */
export function canShare(): boolean {
  return typeof navigator.share === 'function'
}

/** Whether the share sheet accepts videos, and the visitor does not save data. */
export function canShareFiles(): boolean {
  const connection = (navigator as { connection?: { saveData?: boolean } }).connection
  if (!canShare() || connection?.saveData === true) return false
  const sample = new File([], 'song.mp4', { type: 'video/mp4' })
  return typeof navigator.canShare === 'function' && navigator.canShare({ files: [sample] })
}

/** A video as a file named `name`; null if it cannot be fetched. */
export async function fetchFile(url: string, name: string): Promise<File | null> {
  try {
    const response = await fetch(url)
    return response.ok ? new File([await response.blob()], name, { type: 'video/mp4' }) : null
  } catch {
    return null
  }
}

/** Opens the share sheet, with the video if there is one; dismissing it is not an error. */
export async function shareSong(title: string, page_url: string, file: File | null): Promise<void> {
  // Many apps drop `url` if there is a file, but keep a link in the text.
  const what = file ? { title, text: `${title} ${page_url}`, files: [file] } : { title, url: page_url }
  await navigator.share(what).catch(() => undefined)
}

/** Whether the text was copied; browsers refuse without HTTPS or permission. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
