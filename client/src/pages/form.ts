/**
 * The form at `/`: five fields, the crop, and one submission at a time.
 *
 * Nothing that the visitor entered is lost on any error.
 */
import '../globals'
import Alpine from '@alpinejs/csp'
import '../styles/index.css'
import { fetchAvailability, submitSong } from '../api'
import type { FieldMessages, SubmissionOutcome } from '../api'
import { SUBMISSION_FIELDS } from '../contract'
import type { Submission, SubmissionField } from '../contract'
import { cutPhoto } from '../crop-dialog'
import { loadDraft, saveDraft } from '../draft'
import { IdempotencyKey } from '../idempotency'
import { registerMySongs } from '../my-songs'
import { findNameFault, normalizeName, shortenName } from '../names'
import { fromDataUrl, openPicture, PhotoError, toDataUrl } from '../photo'
import { randomHex } from '../random'
import { SessionManager } from '../session'
import { registerToast, showToast } from '../toast'
import { WORDS } from '../words/form'
import { SHARED } from '../words/shared'

/** The ring of the label has room for about this much of each name. */
const LABEL_LETTERS = 16

const prefersStillness = window.matchMedia('(prefers-reduced-motion: reduce)').matches

const sessions = new SessionManager()
/** As the server wrote it into the page; without it only the server counts. */
const submissionLimit = Number(document.documentElement.dataset['submissionsPerBrowser'] ?? Infinity)
const idempotencyKey = new IdempotencyKey()
/** A new browser chooses its id itself: the server tells one only once, and that reply may be lost. */
const newCookieId = `cookie_${randomHex()}`

Alpine.data('submissionForm', () => ({
  fields: { pet_name: '', pet_type: '', music_vibe: '', owner_name: '' },
  /** Object URLs of the photo and of the picture that it was cut from. */
  pictureUrl: '',
  photoUrl: '',
  photoDataUrl: '',
  messages: { pet_name: '', pet_type: '', photo: '', music_vibe: '', owner_name: '' },
  isSubmitting: false,
  isOpeningPhoto: false,
  isDraggedOver: false,
  isSoldOut: false,
  isTurning: !prefersStillness,

  async init() {
    this.restoreDraft()
    this.isSoldOut = sessions.hasReachedSubmissionLimit(submissionLimit) || !(await fetchAvailability())
    if (this.isSoldOut) this.showSoldOut()
  },

  // What the record's label says

  get namesOnLabel(): string {
    const pet = shortenName(normalizeName(this.fields.pet_name) || WORDS.petOnLabel, LABEL_LETTERS)
    const owner = shortenName(normalizeName(this.fields.owner_name) || WORDS.ownerOnLabel, LABEL_LETTERS)
    return SHARED.couple(pet, owner)
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
    return this.isTurning ? SHARED.stopRecord : SHARED.turnRecord
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
        return findNameFault(this.fields.pet_name, WORDS.yourPet)
      case 'owner_name':
        return findNameFault(this.fields.owner_name, WORDS.yourself)
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
    await this.takePhoto(() => openPicture(file))
  },

  async cropAgain() {
    await this.takePhoto(() => Promise.resolve(this.pictureUrl))
  },

  /** One at a time: a second tap, or a second file dropped, changes nothing while the first is opened. */
  async takePhoto(open: () => Promise<string>) {
    if (this.isOpeningPhoto) return
    this.isOpeningPhoto = true
    try {
      await this.crop(await open())
    } catch (error) {
      this.messages.photo = error instanceof PhotoError ? error.message : WORDS.unreadable
    } finally {
      this.isOpeningPhoto = false
    }
  },

  /** Cancelled, everything stays: the photo cut before, if any, with the picture it was cut from. */
  async crop(picture_url: string) {
    const cut = await cutPhoto(this.$refs['cropDialog'] as HTMLDialogElement, picture_url)
    const isNewPicture = picture_url !== this.pictureUrl
    if (cut === null) {
      if (isNewPicture) URL.revokeObjectURL(picture_url)
      return
    }
    if (isNewPicture) URL.revokeObjectURL(this.pictureUrl)
    URL.revokeObjectURL(this.photoUrl)
    this.pictureUrl = picture_url
    this.photoUrl = URL.createObjectURL(cut)
    this.photoDataUrl = await toDataUrl(cut)
    this.messages.photo = ''
    this.keepDraft()
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
    this.keepDraft()
    if (this.isSoldOut || sessions.hasReachedSubmissionLimit(submissionLimit)) {
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
      cookie_id: sessions.read().cookie_id ?? newCookieId,
    }
    this.isSubmitting = true
    const outcome = await submitSong(submission, idempotencyKey.keyFor(JSON.stringify(submission)))
    this.isSubmitting = false
    this.showOutcome(outcome, submission)
  },

  showOutcome(outcome: SubmissionOutcome, submission: Submission) {
    switch (outcome.kind) {
      case 'accepted':
        sessions.updateSession(outcome.session_id, outcome.cookie_id ?? submission.cookie_id, submission)
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
    if (dialog.open) return
    // Closed, a dialog gives the focus back to where it was, which must not be nowhere.
    if (document.activeElement === document.body) {
      document.querySelector<HTMLElement>('.wordmark')?.focus({ preventScroll: true })
    }
    dialog.showModal()
  },

  closeSoldOut() {
    ;(this.$refs['soldOutDialog'] as HTMLDialogElement).close()
  },

  /** The page came back from the browser's back-forward cache: the last submission is over. */
  welcomeBack() {
    this.isSubmitting = false
  },
}))

registerMySongs(sessions)
registerToast()
Alpine.start()
