/**
 * The form at `/`: five fields, the crop, and one submission at a time.
 *
 * Nothing that the visitor entered is lost on any error.
 */
import Alpine from '@alpinejs/csp'
import '../styles.css'
import { fetchAvailability, submitSong } from '../api'
import type { FieldMessages, SubmissionOutcome } from '../api'
import { SUBMISSION_FIELDS } from '../contract'
import type { Submission, SubmissionField } from '../contract'
import type { Cropper, CropMove } from '../crop'
import { loadDraft, saveDraft } from '../draft'
import { IdempotencyKey } from '../idempotency'
import { findNameFault, normalizeName } from '../names'
import { fromDataUrl, openPicture, PhotoError, toDataUrl } from '../photo'
import { SessionManager } from '../session'
import { registerToast, showToast } from '../toast'

interface SongLink {
  url: string
  label: string
}

const WORDS = {
  choosePetType: 'Please choose a pet type.',
  chooseVibe: 'Please choose a music vibe.',
  choosePhoto: 'Choose a photo',
  changePhoto: 'Change photo',
  openingPhoto: 'Opening …',
  addPhoto: 'Please add a photo of your pet.',
  cropperMissing: 'The photo editor could not be loaded. Please check your connection and choose the photo again.',
  checkFields: 'Please check the marked fields.',
  tryAgain: 'Try again',
  submit: 'Make our song',
  sending: 'Sending …',
  petOnLabel: 'Your pet',
  ownerOnLabel: 'you',
}

const LABEL_LETTERS = 16

const prefersStillness = window.matchMedia('(prefers-reduced-motion: reduce)').matches

const sessions = new SessionManager()
const idempotencyKey = new IdempotencyKey()

/** Kept out of the component: Alpine would wrap the cropper in a proxy, which its own bookkeeping does not survive. */
let crop: typeof import('../crop') | null = null
let cropper: Cropper | null = null

/** The ring of the label has room for about sixteen letters of each name. */
function fitOnLabel(name: string): string {
  const letters = Array.from(name)
  return letters.length > LABEL_LETTERS ? `${letters.slice(0, LABEL_LETTERS - 1).join('')}…` : name
}

function describeDate(timestamp: string): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? 'Your song' : date.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
}

/** Links to the songs of this browser, the newest first. */
function listSongs(): SongLink[] {
  return sessions
    .read()
    .entries.map(({ session_id, timestamp }) => ({
      url: `/result/${encodeURIComponent(session_id)}`,
      label: describeDate(timestamp),
    }))
    .reverse()
}

Alpine.data('submissionForm', () => ({
  fields: { pet_name: '', pet_type: '', music_vibe: '', owner_name: '' },
  /** Object URLs: the picture in the crop dialog, the picture that the photo was cut from, the photo. */
  croppingUrl: '',
  pictureUrl: '',
  photoUrl: '',
  photoDataUrl: '',
  messages: { pet_name: '', pet_type: '', photo: '', music_vibe: '', owner_name: '' },
  isSubmitting: false,
  isOpeningPhoto: false,
  isDraggedOver: false,
  isSoldOut: false,
  isTurning: !prefersStillness,
  songs: [] as SongLink[],

  async init() {
    this.songs = listSongs()
    this.restoreDraft()
    this.isSoldOut = sessions.hasReachedSubmissionLimit() || !(await fetchAvailability())
    if (this.isSoldOut) this.showSoldOut()
  },

  // What the record's label says

  get namesOnLabel(): string {
    const pet = fitOnLabel(normalizeName(this.fields.pet_name) || WORDS.petOnLabel)
    const owner = fitOnLabel(normalizeName(this.fields.owner_name) || WORDS.ownerOnLabel)
    return `${pet} & ${owner}`
  },

  get hasPhoto(): boolean {
    return this.photoUrl !== ''
  },

  get hasNoPhoto(): boolean {
    return this.photoUrl === ''
  },

  get photoTitle(): string {
    if (this.isOpeningPhoto) return WORDS.openingPhoto
    return this.hasPhoto ? WORDS.changePhoto : WORDS.choosePhoto
  },

  get turningLabel(): string {
    return this.isTurning ? 'Stop the record' : 'Turn the record'
  },

  toggleTurning() {
    this.isTurning = !this.isTurning
  },

  // Checks

  get invalid(): Record<SubmissionField, boolean> {
    const marks = SUBMISSION_FIELDS.map((field) => [field, this.messages[field] !== ''])
    return Object.fromEntries(marks) as Record<SubmissionField, boolean>
  },

  findFault(field: SubmissionField): string {
    switch (field) {
      case 'pet_name':
        return findNameFault(this.fields.pet_name, "your pet's name")
      case 'owner_name':
        return findNameFault(this.fields.owner_name, 'your name')
      case 'pet_type':
        return this.fields.pet_type === '' ? WORDS.choosePetType : ''
      case 'music_vibe':
        return this.fields.music_vibe === '' ? WORDS.chooseVibe : ''
      case 'photo':
        return this.photoDataUrl === '' ? WORDS.addPhoto : ''
    }
  },

  /** On blur: an untouched field is not scolded, a filled one is checked. */
  checkLeft(event: Event) {
    const { name, value } = event.target as HTMLInputElement
    const field = SUBMISSION_FIELDS.find((known) => known === name)
    if (field && value !== '') this.messages[field] = this.findFault(field)
  },

  /** While typing: a message goes as soon as its cause has gone, none comes. */
  checkTyped(event: Event) {
    const { name } = event.target as HTMLInputElement
    const field = SUBMISSION_FIELDS.find((known) => known === name)
    if (field && this.messages[field] !== '') this.messages[field] = this.findFault(field)
  },

  showFieldMessages(messages: FieldMessages) {
    for (const field of SUBMISSION_FIELDS) this.messages[field] = messages[field] ?? ''
    const first = SUBMISSION_FIELDS.find((field) => this.messages[field] !== '')
    if (first) void Alpine.nextTick(() => document.getElementById(first)?.focus())
  },

  // Photo

  choosePhoto(event: Event) {
    const input = event.target as HTMLInputElement
    const file = input.files?.[0]
    // The same file chosen again must be a change again.
    input.value = ''
    if (file) void this.openPhoto(file)
  },

  dropPhoto(event: DragEvent) {
    this.isDraggedOver = false
    const file = event.dataTransfer?.files[0]
    if (file) void this.openPhoto(file)
  },

  dragOver() {
    this.isDraggedOver = true
  },

  dragLeave() {
    this.isDraggedOver = false
  },

  async openPhoto(file: File) {
    this.messages.photo = ''
    this.isOpeningPhoto = true
    try {
      const picture = await openPicture(file)
      await this.openCrop(picture.url)
    } catch (error) {
      this.messages.photo = error instanceof PhotoError ? error.message : WORDS.cropperMissing
    } finally {
      this.isOpeningPhoto = false
    }
  },

  async openCrop(url: string) {
    crop ??= await import('../crop')
    const image = this.$refs['picture'] as HTMLImageElement
    const dialog = this.$refs['cropDialog'] as HTMLDialogElement
    this.croppingUrl = url
    image.src = url
    await image.decode()
    dialog.showModal()
    cropper = await crop.openCropper(image)
    this.$refs['cropArea']?.focus()
  },

  reopenCrop() {
    void this.openCrop(this.pictureUrl)
  },

  moveCrop(event: Event) {
    const { move } = (event.currentTarget as HTMLElement).dataset
    if (crop && cropper && move) crop.CROP_MOVES[move as CropMove](cropper)
  },

  moveCropByKey(event: KeyboardEvent) {
    const move = crop?.cropMoveOf(event.key)
    if (!crop || !cropper || !move) return
    event.preventDefault()
    crop.CROP_MOVES[move](cropper)
  },

  async acceptCrop() {
    if (!crop || !cropper) return
    try {
      const cut = await crop.cutOut(cropper)
      this.photoDataUrl = await toDataUrl(cut)
      URL.revokeObjectURL(this.photoUrl)
      this.photoUrl = URL.createObjectURL(cut)
      if (this.pictureUrl !== this.croppingUrl) URL.revokeObjectURL(this.pictureUrl)
      this.pictureUrl = this.croppingUrl
      this.messages.photo = ''
      this.keepDraft()
    } catch (error) {
      this.messages.photo = error instanceof PhotoError ? error.message : WORDS.addPhoto
    }
    this.closeCrop()
  },

  closeCrop() {
    cropper?.destroy()
    cropper = null
    // Cancelled: the photo cut before, if any, stays with its own picture.
    if (this.croppingUrl !== this.pictureUrl) URL.revokeObjectURL(this.croppingUrl)
    ;(this.$refs['cropDialog'] as HTMLDialogElement).close()
  },

  // Draft

  keepDraft() {
    saveDraft({ ...this.fields, photo: this.photoDataUrl })
  },

  restoreDraft() {
    const draft = loadDraft()
    if (draft === null) return
    const { photo, ...fields } = draft
    this.fields = fields
    if (photo === '') return
    this.photoDataUrl = photo
    this.photoUrl = URL.createObjectURL(fromDataUrl(photo))
    this.pictureUrl = URL.createObjectURL(fromDataUrl(photo))
  },

  // Submission

  get submitLabel(): string {
    return this.isSubmitting ? WORDS.sending : WORDS.submit
  },

  async submit() {
    if (this.isSubmitting) return
    if (this.isSoldOut || sessions.hasReachedSubmissionLimit()) {
      this.showSoldOut()
      return
    }
    const faults = Object.fromEntries(SUBMISSION_FIELDS.map((field) => [field, this.findFault(field)]))
    this.showFieldMessages(faults)
    if (Object.values(faults).some((fault) => fault !== '')) return

    const submission: Submission = {
      pet_name: normalizeName(this.fields.pet_name),
      pet_type: this.fields.pet_type,
      photo: this.photoDataUrl,
      music_vibe: this.fields.music_vibe,
      owner_name: normalizeName(this.fields.owner_name),
      cookie_id: sessions.read().cookie_id,
    }
    this.isSubmitting = true
    const outcome = await submitSong(submission, idempotencyKey.keyFor(JSON.stringify(submission)))
    this.isSubmitting = false
    this.showOutcome(outcome)
  },

  showOutcome(outcome: SubmissionOutcome) {
    switch (outcome.kind) {
      case 'accepted':
        sessions.updateSession(outcome.session_id, outcome.cookie_id)
        idempotencyKey.renew()
        // Busy until the next page is there: no second song from an impatient second tap.
        this.isSubmitting = true
        window.location.assign(`/waiting/${encodeURIComponent(outcome.session_id)}`)
        break
      case 'sold_out':
        this.isSoldOut = true
        this.showSoldOut()
        break
      case 'invalid':
        this.showFieldMessages(outcome.fields)
        showToast({ text: Object.keys(outcome.fields).length > 0 ? WORDS.checkFields : outcome.message })
        break
      case 'refused':
        showToast({ text: outcome.message })
        break
      case 'unreachable':
        showToast({ text: outcome.message, action: { label: WORDS.tryAgain, run: () => void this.submit() } })
    }
  },

  showSoldOut() {
    const dialog = this.$refs['soldOutDialog'] as HTMLDialogElement
    if (!dialog.open) dialog.showModal()
  },

  closeSoldOut() {
    ;(this.$refs['soldOutDialog'] as HTMLDialogElement).close()
  },

  /** The page came back from the browser's back-forward cache: the last submission is over. */
  welcomeBack() {
    this.isSubmitting = false
    this.songs = listSongs()
  },

  // Earlier songs

  get hasSongs(): boolean {
    return this.songs.length > 0
  },
}))

registerToast()
Alpine.start()
