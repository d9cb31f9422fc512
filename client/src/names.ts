/**
 * The rule for a name: 2 to 100 visible letters and spaces, after trimming and NFC.
 *
 * Length is counted in code points, as on the server.
 */
import { WORDS } from './words/form'

const LETTERS_AND_SPACES = /^[\p{L}\p{M} ]+$/u
/** Of these, only fillers and variation selectors are letters or marks and get this far. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
const LONE_MARK = /(?:^| )\p{M}/u
const MIN_LENGTH = 2
const MAX_LENGTH = 100

export function normalizeName(text: string): string {
  return text.normalize('NFC').trim()
}

/** What is wrong with a name, as a sentence; an empty string if nothing is. */
export function findNameFault(text: string): string {
  const name = normalizeName(text)
  const visible = name.replace(INVISIBLE, '').trim()
  const length = Array.from(name).length
  if (!LETTERS_AND_SPACES.test(name)) return WORDS.lettersOnly
  if (Array.from(visible).length < MIN_LENGTH) return WORDS.tooShort(MIN_LENGTH)
  if (length > MAX_LENGTH) return WORDS.tooLong(MAX_LENGTH)
  if (LONE_MARK.test(visible)) return WORDS.lettersOnly
  return ''
}

/** The name, cut to `max_length` letters, the last of them an ellipsis, if it is longer. */
export function shortenName(name: string, max_length: number): string {
  const letters = Array.from(name)
  return letters.length > max_length ? `${letters.slice(0, max_length - 1).join('')}…` : name
}
