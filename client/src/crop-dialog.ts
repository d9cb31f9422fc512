/**
 * The dialog in which a picture is cropped: opens, waits for the visitor to accept or cancel, and closes.
 *
 * Its buttons have `data-move` (a name in CROP_MOVES) or `data-crop` (accept or cancel).
 */
import type { CropMove } from './crop'
import { PhotoError } from './photo'
import { WORDS } from './words/form'

/** Loaded with the first photo, because the editor is as large as the rest of the page's own code. */
function loadEditor(): Promise<typeof import('./crop')> {
  return import('./crop').catch(() => {
    throw new PhotoError(WORDS.editorMissing)
  })
}

function buttonOf(event: Event): HTMLButtonElement | null {
  return event.target instanceof Element ? event.target.closest('button') : null
}

/** The crop as a 600x600 JPEG, or null if the visitor cancels; throws PhotoError. */
export async function cropPhoto(dialog: HTMLDialogElement, picture_url: string): Promise<Blob | null> {
  const image = dialog.querySelector('img')
  if (!image) throw new Error('The crop dialog has no image')
  const editor = await loadEditor()
  image.src = picture_url
  await image.decode()
  dialog.showModal()
  const { cropper, ready } = editor.openCropper(image)
  const listeners = new AbortController()
  try {
    // Before the frame is ready, so that no early key or tap is lost.
    const isAccepted = await new Promise<boolean>((resolve) => {
      const options = { signal: listeners.signal }
      dialog.addEventListener(
        'click',
        (event) => {
          const { move, crop } = buttonOf(event)?.dataset ?? {}
          if (move) editor.CROP_MOVES[move as CropMove](cropper)
          if (crop === 'cancel') resolve(false)
          if (crop === 'accept') void ready.then(() => { resolve(true) })
        },
        options,
      )
      dialog.addEventListener(
        'keydown',
        (event) => {
          const move = editor.cropMoveOf(event.key)
          if (!move) return
          event.preventDefault()
          editor.CROP_MOVES[move](cropper)
        },
        options,
      )
      // The Escape key and the phone's back gesture.
      dialog.addEventListener('close', () => { resolve(false) }, options)
    })
    return isAccepted ? await editor.exportCrop(cropper) : null
  } finally {
    listeners.abort()
    cropper.destroy()
    dialog.close()
  }
}
