import { expect, it } from 'vitest'
import { parseLyrics } from '../src/lyrics'

it('groups lines under their section names', () => {
  expect(parseLyrics('[Verse 1]\nToby waits\n\nAt the door\r\n[Chorus]\nOh Matt')).toEqual([
    { heading: 'Verse 1', lines: ['Toby waits', 'At the door'] },
    { heading: 'Chorus', lines: ['Oh Matt'] },
  ])
})

it('keeps lines that come before any section name', () => {
  expect(parseLyrics('Toby\n[Chorus]\nMatt')[0]).toEqual({ heading: '', lines: ['Toby'] })
})

it('keeps a section without lines, such as [Instrumental]', () => {
  expect(parseLyrics('[Instrumental]')).toEqual([{ heading: 'Instrumental', lines: [] }])
})

it('makes nothing of nothing', () => {
  expect(parseLyrics(' \n\n')).toEqual([])
})
