import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OPTIONS, SUBMISSION_FIELDS } from '../src/contract'
import { fillIn } from '../templates'

function readPage(name: string): string {
  return readFileSync(new URL(`../${name}.html`, import.meta.url), 'utf8')
}

/** The options of each select, as built; the first one asks to choose. */
function readOptions(page: string): Record<string, string[]> {
  const selects = Array.from(page.matchAll(/<select id="(\w+)"([^]*?)<\/select>/g))
  return Object.fromEntries(
    selects.map(([, field = '', select = '']) => {
      const options = Array.from(select.matchAll(/<option value="(.*?)">.+?<\/option>/g), (option) => option[1] ?? '')
      return [field, options]
    }),
  )
}

it('offers exactly the options of the contract', () => {
  const offered = readOptions(fillIn(readPage('index'), '/index.html'))
  expect(offered).toEqual(Object.fromEntries(Object.entries(OPTIONS).map(([field, options]) => [field, ['', ...options]])))
})

it('asks for the fields in the order of the contract', () => {
  const names = Array.from(readPage('index').matchAll(/ name="(\w+)" (?:type|required)/g), (field) => field[1])
  expect(names).toEqual(SUBMISSION_FIELDS)
})

describe.each(['index', 'waiting', 'result', 'admin'])('%s.html', (name) => {
  const page = readPage(name)

  it('uses only names as expressions, which need no eval', () => {
    const expressions = Array.from(page.matchAll(/ (?:x-(?!for|ref|cloak)[a-z:.-]+|[:@][a-z.-]+)="([^"]*)"/g), (match) => match[1])
    expect(expressions.length).toBeGreaterThan(0)
    for (const expression of expressions) expect(expression).toMatch(/^[A-Za-z]+(\.[a-z_]+)?$/i)
  })

  it('has no inline script, no inline style and no address of another site', () => {
    expect(page).not.toMatch(/<script(?! type="module" src="\/src\/)/)
    expect(page).not.toMatch(/ style="| on[a-z]+="/)
    expect(page).not.toMatch(/(?:src|href)="https?:/)
  })
})
