import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MUSIC_VIBES, PET_TYPES, SUBMISSION_FIELDS } from '../src/contract'

function readPage(name: string): string {
  return readFileSync(new URL(`../${name}.html`, import.meta.url), 'utf8')
}

function optionsOf(page: string, field: string): string[] {
  const select = new RegExp(`<select id="${field}"[^]*?</select>`).exec(page)?.[0] ?? ''
  return Array.from(select.matchAll(/<option value="(.+?)">/g), (option) => option[1] ?? '')
}

it('offers exactly the choices of the contract', () => {
  const form = readPage('index')
  expect(optionsOf(form, 'pet_type')).toEqual(PET_TYPES)
  expect(optionsOf(form, 'music_vibe')).toEqual(MUSIC_VIBES)
})

it('asks for the fields in the order of the contract', () => {
  const names = Array.from(readPage('index').matchAll(/ name="(\w+)" (?:type|required)/g), (field) => field[1])
  expect(names).toEqual(SUBMISSION_FIELDS)
})

describe.each(['index', 'waiting', 'result', 'admin'])('%s.html', (name) => {
  const page = readPage(name)

  it('uses bare names as expressions, which need no eval', () => {
    const expressions = Array.from(page.matchAll(/ (?:x-(?!for|ref|cloak)[a-z:.-]+|[:@][a-z.-]+)="([^"]*)"/g), (match) => match[1])
    expect(expressions.length).toBeGreaterThan(0)
    for (const expression of expressions) expect(expression).toMatch(/^[A-Za-z]+(\.[a-z_]+)?$/i)
  })

  it('has no inline script, no inline style and no foreign address', () => {
    expect(page).not.toMatch(/<script(?! type="module" src="\/src\/)/)
    expect(page).not.toMatch(/ style="| on[a-z]+="/)
    expect(page).not.toMatch(/(?:src|href)="https?:/)
  })
})
