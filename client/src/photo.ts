/**
 * From a chosen file to a picture that can be cropped.
 *
 * The browser turns it upright (EXIF orientation), and it is scaled down to fit an older phone's memory.
 */
import { WORDS } from './words/form'

const MAX_FILE_BYTES = 5 * 1024 * 1024
const MIN_SIDE_PX = 400
const MAX_SIDE_PX = 2048
/** Higher than the crop's quality, so that only one of the two encodings visibly loses detail. */
const PICTURE_QUALITY = 0.95

/** Its message tells the visitor what to do. */
export class PhotoError extends Error {}

/** What is wrong with a file of this size, as a sentence; an empty string if nothing is. */
export function findFileFault(size_bytes: number): string {
  if (size_bytes === 0) return WORDS.emptyPhoto
  if (size_bytes > MAX_FILE_BYTES) return WORDS.largePhoto
  return ''
}

/** What is wrong with a picture of these dimensions, as a sentence; an empty string if nothing is. */
export function findSizeFault(width_px: number, height_px: number): string {
  if (Math.min(width_px, height_px) >= MIN_SIDE_PX) return ''
  return WORDS.smallPhoto(width_px, height_px, MIN_SIDE_PX)
}

/** The iPhone's format, which few other browsers decode; its type is often empty. */
function isHeic({ name, type }: Pick<File, 'name' | 'type'>): boolean {
  return /\.hei[cf]$/i.test(name) || /^image\/hei[cf]/.test(type)
}

async function decode(file: File): Promise<HTMLImageElement> {
  const image = new Image()
  const url = URL.createObjectURL(file)
  try {
    image.src = url
    await image.decode()
    return image
  } catch {
    throw new PhotoError(isHeic(file) ? WORDS.heicNotDecoded : WORDS.notDecoded)
  } finally {
    URL.revokeObjectURL(url)
  }
}

/** A canvas as a JPEG; throws PhotoError if the browser runs out of memory. */
export function toJpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => {
        if (blob) resolve(blob)
        else reject(new PhotoError(WORDS.noMemory))
      },
      'image/jpeg',
      quality,
    )
  })
}

export function toDataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => {
      resolve(reader.result as string)
    }
    reader.onerror = () => {
      reject(new PhotoError(WORDS.unreadable))
    }
    reader.readAsDataURL(blob)
  })
}

/** The JPEG in a base64 data URL; without fetch, which the content security policy blocks for data URLs. */
export function fromDataUrl(data_url: string): Blob {
  const bytes = atob(data_url.slice(data_url.indexOf(',') + 1))
  return new Blob([Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))], { type: 'image/jpeg' })
}

/** Checks and decodes a file into an object URL for the caller to revoke; throws PhotoError. */
export async function openPicture(file: File): Promise<string> {
  const file_fault = findFileFault(file.size)
  if (file_fault) throw new PhotoError(file_fault)
  const image = await decode(file)
  const size_fault = findSizeFault(image.naturalWidth, image.naturalHeight)
  if (size_fault) throw new PhotoError(size_fault)

  const scale = Math.min(1, MAX_SIDE_PX / Math.max(image.naturalWidth, image.naturalHeight))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.naturalWidth * scale)
  canvas.height = Math.round(image.naturalHeight * scale)
  const context = canvas.getContext('2d')
  if (!context) throw new PhotoError(WORDS.notDrawn)
  // JPEG has no transparency: transparent parts of a PNG become white, not black.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  return URL.createObjectURL(await toJpeg(canvas, PICTURE_QUALITY))
}
