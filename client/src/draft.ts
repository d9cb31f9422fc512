/**
 * The form as last filled in, in sessionStorage until its song is finished.
 *
 * Visitors who reload, go back or have to start over find their form still filled in.
 */
import { asObject, asText, perField } from './contract'
import type { PerField } from './contract'

/** Empty strings for fields that are not filled in yet. */
export type Draft = PerField<string>

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
    return perField((field) => asText(draft[field]) ?? '')
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
