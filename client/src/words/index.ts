/**
 * The pages' texts: one file per page, and one for texts that they share.
 *
 * Texts with parameters are functions; the others can be used in the pages' HTML as `[[name]]`.
 */
import { WORDS as admin } from './admin.ts'
import { WORDS as form } from './form.ts'
import { WORDS as result } from './result.ts'
import { SHARED } from './shared.ts'
import { WORDS as waiting } from './waiting.ts'

const PAGES: Record<string, object> = { index: form, waiting, result, admin }

function find(words: unknown, name: string): unknown {
  return name.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], words)
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;')
}

/** For the page at a path such as `/index.html`: name -> text as HTML; throws if there is no such text. */
export function wordsOf(path: string): (name: string) => string {
  const page = PAGES[/(\w+)\.html$/.exec(path)?.[1] ?? '']
  return (name) => {
    const text = find(page, name) ?? find(SHARED, name)
    if (typeof text !== 'string') throw new Error(`${path} names [[${name}]], and src/words has no such text`)
    return escapeHtml(text)
  }
}
