/**
 * The form at `/`: its fields, the photo's crop, and one submission at a time.
 *
 * No error loses what the visitor has entered.
 */
import '../globals'
import Alpine from '@alpinejs/csp'
import '../styles/index.css'
import { fetchAvailability, submitSong } from '../api'
import type { FieldMessages, SubmissionOutcome } from '../api'
import { perField, SUBMISSION_FIELDS } from '../contract'
import type { PerField, Submission } from '../contract'
import { cropPhoto } from '../crop-dialog'
import { loadDraft, saveDraft } from '../draft'
import { findFault } from '../form-checks'
import { IdempotencyKey } from '../idempotency'
import { prefersReducedMotion } from '../motion'
import { registerMySongs } from '../my-songs'
import { normalizeName, shortenName } from '../names'
import { fromDataUrl, openPicture, PhotoError, toDataUrl } from '../photo'
import { PhotoField } from '../photo-field'
import { randomHex } from '../random'
import { SessionManager } from '../session'
import { registerToast, showToast } from '../toast'
import { WORDS } from '../words/form'
import { SHARED } from '../words/shared'

/** About as many letters of each name as fit on the record's label. */
const LABEL_LETTERS = 16

const sessions = new SessionManager()
/** Set in the page by the server; without it only the server counts. */
const submissionLimit = Number(document.documentElement.dataset['submissionsPerBrowser'] ?? Infinity)
const idempotencyKey = new IdempotencyKey()
/** A new browser chooses its own id: the server issues one only once, and that reply may be lost. */
const newCookieId = `cookie_${randomHex()}`

Alpine.data('submissionForm', () => ({
  fields: perField(() => ''),
  messages: perField(() => ''),
  photo: new PhotoField(),
  isSubmitting: false,
  isDraggedOver: false,
  isSoldOut: false,
  isTurning: !prefersReducedMotion,

  async init() {
    this.restoreDraft()
    this.isSoldOut = sessions.hasReachedSubmissionLimit(submissionLimit) || !(await fetchAvailability())
    if (this.isSoldOut) this.showSoldOut()
  },

  // The record

  get namesOnLabel(): string {
    const pet = shortenName(normalizeName(this.fields.pet_name) || WORDS.petOnLabel, LABEL_LETTERS)
    const owner = shortenName(normalizeName(this.fields.owner_name) || WORDS.ownerOnLabel, LABEL_LETTERS)
    return SHARED.couple(pet, owner)
  },

  get turningLabel(): string {
    return this.isTurning ? SHARED.stopRecord : SHARED.turnRecord
  },

  toggleTurning() {
    this.isTurning = !this.isTurning
  },

  // Checks

  get invalid(): PerField<boolean> {
    return perField((field) => this.messages[field] !== '')
  },

  /** Checks a field that the visitor leaves, unless it is empty: it may still be filled in. */
  checkOnBlur(event: Event) {
    const { name, value } = event.target as HTMLInputElement
    const field = SUBMISSION_FIELDS.find((known) => known === name)
    if (field && value !== '') this.messages[field] = findFault(field, this.fields[field])
  },

  /** While typing, a message disappears with its cause, and no new one appears. */
  recheckOnInput(event: Event) {
    const { name } = event.target as HTMLInputElement
    const field = SUBMISSION_FIELDS.find((known) => known === name)
    if (field && this.messages[field] !== '') this.messages[field] = findFault(field, this.fields[field])
  },

  showMessages(messages: FieldMessages) {
    this.messages = perField((field) => messages[field] ?? '')
    const first = SUBMISSION_FIELDS.find((field) => this.messages[field] !== '')
    if (first) void Alpine.nextTick(() => document.getElementById(first)?.focus())
  },

  // The photo

  get hasPhoto(): boolean {
    return this.photo.url !== ''
  },

  get hasNoPhoto(): boolean {
    return this.photo.url === ''
  },

  get photoTitle(): string {
    if (this.photo.isOpening) return WORDS.openingPhoto
    return this.hasPhoto ? WORDS.changePhoto : WORDS.choosePhoto
  },

  async choosePhoto(event: Event) {
    const input = event.target as HTMLInputElement
    const file = input.files?.[0]
    // Without this, choosing the same file again would not be a change.
    input.value = ''
    if (file) await this.openPhoto(file)
  },

  async dropPhoto(event: DragEvent) {
    this.isDraggedOver = false
    const file = event.dataTransfer?.files[0]
    if (file) await this.openPhoto(file)
  },

  dragOver() {
    this.isDraggedOver = true
  },

  dragLeave() {
    this.isDraggedOver = false
  },

  crop(picture_url: string): Promise<Blob | null> {
    return cropPhoto(this.$refs['cropDialog'] as HTMLDialogElement, picture_url)
  },

  async openPhoto(file: File) {
    await this.takePhoto(this.photo.replace(() => openPicture(file), (url) => this.crop(url)))
  },

  async cropAgain() {
    await this.takePhoto(this.photo.recrop((url) => this.crop(url)))
  },

  /** `cropping` is null if there is no new photo; errors are shown at the field. */
  async takePhoto(cropping: Promise<Blob | null>) {
    try {
      const photo = await cropping
      if (photo === null) return
      this.fields.photo = await toDataUrl(photo)
      this.messages.photo = ''
      this.saveDraft()
    } catch (error) {
      this.messages.photo = error instanceof PhotoError ? error.message : WORDS.unreadable
    }
  },

  // The draft

  saveDraft() {
    saveDraft(this.fields)
  },

  restoreDraft() {
    const draft = loadDraft()
    if (draft === null) return
    this.fields = draft
    if (draft.photo !== '') this.photo.restore(fromDataUrl(draft.photo))
  },

  // Submission

  get submitLabel(): string {
    return this.isSubmitting ? WORDS.sending : WORDS.submit
  },

  async submit() {
    if (this.isSubmitting) return
    this.saveDraft()
    if (this.isSoldOut || sessions.hasReachedSubmissionLimit(submissionLimit)) {
      this.showSoldOut()
      return
    }
    const faults = perField((field) => findFault(field, this.fields[field]))
    this.showMessages(faults)
    if (Object.values(faults).some((fault) => fault !== '')) return

    const submission: Submission = {
      ...this.fields,
      pet_name: normalizeName(this.fields.pet_name),
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
        // Until the next page has loaded, so that a second tap orders no second song.
        this.isSubmitting = true
        window.location.assign(`/waiting/${encodeURIComponent(outcome.session_id)}`)
        break
      case 'sold_out':
        this.isSoldOut = true
        this.showSoldOut()
        break
      case 'invalid':
        this.showMessages(outcome.fields)
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
    // A dialog returns the focus when it closes, so something on the page must have it.
    if (document.activeElement === document.body) {
      document.querySelector<HTMLElement>('.wordmark')?.focus({ preventScroll: true })
    }
    dialog.showModal()
  },

  closeSoldOut() {
    ;(this.$refs['soldOutDialog'] as HTMLDialogElement).close()
  },

  /** Also called when the page returns from the back-forward cache, where its last submission has ended. */
  allowSubmitting() {
    this.isSubmitting = false
  },
}))

registerMySongs(sessions)
registerToast()
Alpine.start()
