/**
 * Crops a picture to a square; keys and buttons can do everything that a finger can.
 *
 * The frame is fixed and the picture moves below it; the picture always fills the frame.
 */
import Cropper from 'cropperjs'
import 'cropperjs/dist/cropper.css'
import { toJpeg } from './photo'

const OUTPUT_PX = 600
const OUTPUT_QUALITY = 0.9
/** A smaller crop, in pixels of the picture, would look blurred. */
const MIN_CROP_PX = 240
const ZOOM_STEP = 0.1
const MOVE_STEP_PX = 16
const QUARTER_TURN = 90

export const CROP_MOVES = {
  zoomIn: (cropper: Cropper) => cropper.zoom(ZOOM_STEP),
  zoomOut: (cropper: Cropper) => cropper.zoom(-ZOOM_STEP),
  turnLeft: (cropper: Cropper) => cropper.rotate(-QUARTER_TURN),
  turnRight: (cropper: Cropper) => cropper.rotate(QUARTER_TURN),
  left: (cropper: Cropper) => cropper.move(-MOVE_STEP_PX, 0),
  right: (cropper: Cropper) => cropper.move(MOVE_STEP_PX, 0),
  up: (cropper: Cropper) => cropper.move(0, -MOVE_STEP_PX),
  down: (cropper: Cropper) => cropper.move(0, MOVE_STEP_PX),
}

export type CropMove = keyof typeof CROP_MOVES

const MOVE_BY_KEY: Partial<Record<string, CropMove>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  '+': 'zoomIn',
  '=': 'zoomIn',
  '-': 'zoomOut',
  '[': 'turnLeft',
  ']': 'turnRight',
}

export function cropMoveOf(key: string): CropMove | undefined {
  return MOVE_BY_KEY[key]
}

/** Puts the crop frame over an image that is on the page; before `ready`, moves do nothing. */
export function openCropper(image: HTMLImageElement): { cropper: Cropper; ready: Promise<void> } {
  const cropper = new Cropper(image, {
    aspectRatio: 1,
    viewMode: 3,
    dragMode: 'move',
    autoCropArea: 1,
    cropBoxMovable: false,
    cropBoxResizable: false,
    toggleDragModeOnDblclick: false,
    // The frame shrinks with its container, however far the visitor zooms in or turns the phone.
    minContainerWidth: 0,
    minContainerHeight: 0,
    background: false,
    guides: false,
    center: false,
    // photo.ts has already turned it upright, and it is an object URL of ours.
    checkOrientation: false,
    checkCrossOrigin: false,
    zoom: (event) => {
      const frame_px = cropper.getContainerData().width
      if (frame_px / event.detail.ratio < MIN_CROP_PX) event.preventDefault()
    },
  })
  const ready = new Promise<void>((resolve) => {
    image.addEventListener('ready', () => { resolve() }, { once: true })
  })
  return { cropper, ready }
}

/** The part inside the frame, as a 600x600 JPEG. */
export function exportCrop(cropper: Cropper): Promise<Blob> {
  const canvas = cropper.getCroppedCanvas({
    width: OUTPUT_PX,
    height: OUTPUT_PX,
    fillColor: '#fff',
    imageSmoothingQuality: 'high',
  })
  return toJpeg(canvas, OUTPUT_QUALITY)
}
