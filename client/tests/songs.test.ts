import { expect, it } from 'vitest'
import { linkSongs } from '../src/songs'

it('links the newest first and survives a broken date', () => {
  const links = linkSongs([
    { session_id: 'old', timestamp: '' },
    { session_id: 'new/1', timestamp: '2026-02-14T12:00:00Z' },
  ])
  expect(links.map((link) => link.url)).toEqual(['/result/new%2F1', '/result/old'])
  expect(links[0]?.label).toContain('2026')
  expect(links[1]?.label).toBe('A song')
})
