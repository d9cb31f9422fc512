/** What the form checks before it is sent; the server checks again. */
import type { SubmissionField } from './contract'
import { findNameFault } from './names'
import { WORDS } from './words/form'

/** What is wrong with a field's value, as a sentence; an empty string if nothing is. */
export function findFault(field: SubmissionField, value: string): string {
  if (value.trim() === '') return WORDS.required[field]
  switch (field) {
    case 'pet_name':
    case 'owner_name':
      return findNameFault(value)
    default:
      return ''
  }
}
