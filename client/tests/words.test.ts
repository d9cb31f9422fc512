import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { wordsOf } from '../src/words'
import { expand } from '../templates'

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
}

describe.each(['index', 'waiting', 'result', 'admin'])('%s.html', (name) => {
  const page = expand(read(`${name}.html`))

  it('uses only texts that exist', () => {
    const words = wordsOf(`/${name}.html`)
    const names = Array.from(page.matchAll(/\[\[(.*?)\]\]/g), (match) => match[1] ?? '')
    expect(names.length).toBeGreaterThan(5)
    for (const each of names) expect(words(each)).not.toBe('')
  })

  it('contains no text of its own: all texts are in src/words', () => {
    const texts = page
      .replace(/<!--[^]*?-->|\{\{.*?\}\}|\{%.*?%\}|\[\[.*?\]\]|&\w+;/g, '')
      .match(/>[^<>]*[A-Za-z]{3,}[^<>]*</g)
    const labels = page.match(/ (?:aria-label|alt|title|placeholder)="[^"[{]*[A-Za-z][^"]*"/g)
    expect([...(texts ?? []), ...(labels ?? [])]).toEqual([])
  })
})

it('refuses a name without a text, and a text with parameters', () => {
  const words = wordsOf('/index.html')
  expect(() => words('nothing')).toThrow('nothing')
  expect(() => words('tooShort')).toThrow('tooShort')
})

it('writes texts as HTML', () => {
  expect(wordsOf('/index.html')('onLabel')).toBe('Your pet &amp; you')
})
