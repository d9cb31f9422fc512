/**
 * Fills in the pages at build time: partials, options and texts.
 *
 * The server's Jinja expressions stay as they are.
 */
import { readFileSync } from 'node:fs'
import { OPTIONS } from './src/contract.ts'
import { wordsOf } from './src/words/index.ts'

function readPartial(name: string): string {
  return readFileSync(new URL(`partials/${name}.html`, import.meta.url), 'utf8').trim()
}

function writeOptions(field: string): string {
  const options = Object.entries(OPTIONS).find(([name]) => name === field)?.[1]
  if (!options) throw new Error(`contract.ts has no options for ${field}`)
  return options.map((option) => `<option value="${option}">[[options.${field}.${option}]]</option>`).join('\n')
}

/** The page with its partials and options; its texts are still `[[name]]`. */
export function expand(html: string): string {
  return html
    .replace(/<!-- include: (\w+) -->/g, (_comment, name: string) => readPartial(name))
    .replace(/<!-- options: (\w+) -->/g, (_comment, field: string) => writeOptions(field))
}

/** The page as it is built; `path`, such as `/index.html`, says which texts are its own. */
export function fillIn(html: string, path: string): string {
  const words = wordsOf(path)
  return expand(html).replace(/\[\[([\w.]+)\]\]/g, (_mark, name: string) => words(name))
}
