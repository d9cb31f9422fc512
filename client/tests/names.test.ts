import { describe, expect, it } from 'vitest'
import { findNameFault, normalizeName, shortenName } from '../src/names'

describe('findNameFault', () => {
  it.each(['Toby', 'Jo', ' Matt ', 'Mary Ann', 'Zoë', 'Zoe\u0308', 'Нина', '小明', 'ñu', 'a'.repeat(100)])('accepts %j', (name) => {
    expect(findNameFault(name)).toBe('')
  })

  it.each([
    ['A', 'Please use at least 2 letters.'],
    ['a'.repeat(101), 'Please use at most 100 letters.'],
    ['Toby2', 'Please use letters and spaces only.'],
    ["O'Neil", 'Please use letters and spaces only.'],
    ['{{7*7}}', 'Please use letters and spaces only.'],
    ['<script>', 'Please use letters and spaces only.'],
    ['Toby\tMatt', 'Please use letters and spaces only.'],
    ['\u3164\u3164', 'Please use at least 2 letters.'],
    ['a\ufe0f', 'Please use at least 2 letters.'],
    ['\u0301\u0301', 'Please use letters and spaces only.'],
    ['Toby \u0301', 'Please use letters and spaces only.'],
  ])('refuses %j', (name, fault) => {
    expect(findNameFault(name)).toBe(fault)
  })

  it('counts after composing, as the server does', () => {
    expect(normalizeName(' Zoe\u0308 ')).toBe('Zoë')
    expect(findNameFault('e\u0308')).toBe('Please use at least 2 letters.')
  })
})

it('shortens a name to the letters that fit', () => {
  expect(shortenName('Toby', 4)).toBe('Toby')
  expect(shortenName('Tobias', 4)).toBe('Tob…')
})
