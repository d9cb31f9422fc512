/**
 * The form as last filled in, kept in sessionStorage until a song came of it.
 *
 * It brings the visitor who reloads, goes back or has to retake the journey to a form that is still filled.
 */
import { asObject, asText } from './contract'

export interface Draft {
  pet_name: string
  pet_type: string
  music_vibe: string
  owner_name: string
  /** The cut photo as a JPEG data URL, or an empty string. */
  photo: string
}

const STORAGE_KEY = 'submission_draft'

export function saveDraft(draft: Draft): void {
  try {
    window.sessionStorage.setItem(STORAGE_KEY, JSON.stringify(draft))
  } catch {
    // Blocked or full: the form works without a draft.
  }
}

export function loadDraft(): Draft | null {
  try {
    const text = window.sessionStorage.getItem(STORAGE_KEY)
    if (text === null) return null
    const draft = asObject(JSON.parse(text))
    return {
      pet_name: asText(draft['pet_name']) ?? '',
      pet_type: asText(draft['pet_type']) ?? '',
      music_vibe: asText(draft['music_vibe']) ?? '',
      owner_name: asText(draft['owner_name']) ?? '',
      photo: asText(draft['photo']) ?? '',
    }
  } catch {
    return null
  }
}

export function clearDraft(): void {
  try {
    window.sessionStorage.removeItem(STORAGE_KEY)
  } catch {
    // Blocked: there is no draft to clear.
  }
}
