/** All texts of the form. */
import type { OPTIONS, PerField } from '../contract'

export const WORDS = {
  pageTitle: 'Petsong · A love song for you and your pet',
  skip: 'Skip to the form',
  title: 'Two names, one love song.',
  lead: 'We write and sing a song with both of your names in it, and press it on a record that wears your pet’s photo.',
  noScript:
    'This form needs JavaScript: your photo is cut to a circle in your browser, and only that part is sent. ' +
    'Songs that are made can be watched without it.',
  onLabel: 'Your pet & you',
  petOnLabel: 'Your pet',
  ownerOnLabel: 'you',

  labels: {
    pet_name: 'Pet name',
    pet_type: 'Pet type',
    photo: 'Pet photo',
    music_vibe: 'Music vibe',
    owner_name: 'Your name',
  } satisfies PerField<string>,
  choose: 'Please choose',
  options: {
    pet_type: { Dog: 'Dog', Cat: 'Cat', Bird: 'Bird', Fish: 'Fish', Other: 'Other' },
    music_vibe: {
      Chill: 'Chill',
      Energetic: 'Energetic',
      Romantic: 'Romantic',
      Party: 'Party',
      Relaxing: 'Relaxing',
      Other: 'Other',
    },
  } satisfies { [Field in keyof typeof OPTIONS]: Record<(typeof OPTIONS)[Field][number], string> },
  choosePhoto: 'Choose a photo',
  changePhoto: 'Change photo',
  openingPhoto: 'Opening …',
  photoHint: 'JPG or PNG, up to 5 MB, at least 400 × 400 pixels',
  takePhoto: 'Take a photo',
  cropAgain: 'Crop again',
  submit: 'Make our song',
  sending: 'Sending …',

  crop: {
    title: 'Fit the label',
    help: 'Move and zoom your photo until your pet sits in the circle.',
    keys: 'Arrow keys move, + and − zoom, [ and ] turn.',
    area: 'Photo',
    picture: 'Your photo',
    tools: 'Crop',
    zoomOut: 'Zoom out',
    zoomIn: 'Zoom in',
    turnLeft: 'Turn left',
    turnRight: 'Turn right',
    left: 'Move left',
    up: 'Move up',
    down: 'Move down',
    right: 'Move right',
    cancel: 'Cancel',
    accept: 'Use photo',
  },

  soldOut: {
    title: 'Sorry, we’re all sold out!',
    text: 'Every record we had for you has been pressed. Thank you for singing along.',
    close: 'Close',
  },

  /** For a field that is empty. */
  required: {
    pet_name: 'Please enter your pet’s name.',
    pet_type: 'Please choose a pet type.',
    photo: 'Please add a photo of your pet.',
    music_vibe: 'Please choose a music vibe.',
    owner_name: 'Please enter your name.',
  } satisfies PerField<string>,
  lettersOnly: 'Please use letters and spaces only.',
  tooShort: (letters: number) => `Please use at least ${String(letters)} letters.`,
  tooLong: (letters: number) => `Please use at most ${String(letters)} letters.`,
  emptyPhoto: 'This file is empty. Please choose another photo.',
  largePhoto: 'This photo is larger than 5 MB. Please choose a smaller one.',
  smallPhoto: (width_px: number, height_px: number, least_px: number) =>
    `This photo is only ${String(width_px)} × ${String(height_px)} pixels. ` +
    `Please choose one of at least ${String(least_px)} × ${String(least_px)}.`,
  notDecoded: 'This browser cannot open that file. Please choose a JPG or PNG photo.',
  heicNotDecoded:
    'This browser cannot open HEIC photos. Please choose a JPG or PNG, or take a screenshot of the photo and choose that.',
  noMemory: 'There was not enough memory for this photo. Please choose a smaller one.',
  notDrawn: 'This browser cannot draw the photo. Please try another browser.',
  unreadable: 'This photo could not be opened. Please choose it again.',
  editorMissing: 'The photo editor could not be loaded. Please check your connection and choose the photo again.',
  checkFields: 'Please check the marked fields.',
  tryAgain: 'Try again',

  songs: {
    title: 'My songs',
    hint: 'Made in this browser. Only it knows this list.',
    untitled: 'A song',
    queued: 'In the queue',
    composing: 'Being composed',
    downloading: 'Collecting the tape',
    rendering: 'Being pressed',
    ready: 'Ready',
    failed: 'No song this time',
    gone: 'No longer kept',
    loading: 'Asking …',
    unknown: 'Cannot be asked just now',
  },
}
