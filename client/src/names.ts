/**
 * The rule for a name: 2 to 100 letters and spaces that can be seen, after trimming and NFC.
 *
 * Length is counted in code points, as the server counts it.
 */
import { WORDS } from './words/form'

const LETTERS_AND_SPACES = /^[\p{L}\p{M} ]+$/u
/** Fillers and variation selectors; as letters and marks go, the rest of them are none. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
const LONE_MARK = /(?:^| )\p{M}/u
const MIN_LENGTH = 2
const MAX_LENGTH = 100

export function normalizeName(text: string): string {
  return text.normalize('NFC').trim()
}

/** What is wrong with a name, as a sentence; an empty string when nothing is. */
export function findNameFault(text: string, whose: string): string {
  const name = normalizeName(text)
  const seen = name.replace(INVISIBLE, '').trim()
  const length = Array.from(name).length
  if (length === 0) return WORDS.enterName(whose)
  if (!LETTERS_AND_SPACES.test(name)) return WORDS.lettersOnly
  if (Array.from(seen).length < MIN_LENGTH) return WORDS.tooShort(MIN_LENGTH)
  if (length > MAX_LENGTH) return WORDS.tooLong(MAX_LENGTH)
  if (LONE_MARK.test(seen)) return WORDS.lettersOnly
  return ''
}

/** The name, or its beginning with an ellipsis where it is longer than `max_length` letters. */
export function shortenName(name: string, max_length: number): string {
  const letters = Array.from(name)
  return letters.length > max_length ? `${letters.slice(0, max_length - 1).join('')}…` : name
}
