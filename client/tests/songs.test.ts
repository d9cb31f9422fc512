import { expect, it } from 'vitest'
import { STAGES } from '../src/contract'
import type { Snapshot } from '../src/contract'
import { describeSong, stateOf } from '../src/songs'

const ENTRY = { session_id: 'new/1', timestamp: '2026-02-14T12:00:00Z', pet_name: 'Toby', owner_name: 'Matt' }
const COMPOSING: Snapshot = {
  session_id: 'new/1',
  version: 2,
  status: 'processing',
  stage: 'composing',
  progress: 0.3,
  queue_position: null,
  eta_seconds: null,
  preview_url: null,
  poster_url: null,
  failure_reason: null,
  created_at: '2026-02-14T12:00:00Z',
}
const READY: Snapshot = { ...COMPOSING, status: 'success', stage: 'ready', preview_url: '/storage/preview/new.mp4', poster_url: '/storage/poster/new.jpg' }

it('leads to the waiting page until the song has ended', () => {
  expect(describeSong(ENTRY, 'composing', COMPOSING)).toMatchObject({ url: '/waiting/new%2F1', posterUrl: null })
  expect(describeSong(ENTRY, 'ready', READY)).toMatchObject({
    url: '/result/new%2F1',
    title: 'Toby & Matt',
    stateText: 'Ready',
    posterUrl: '/storage/poster/new.jpg',
  })
})

it('titles an older song without names by its date, if there is one', () => {
  const nameless = { ...ENTRY, pet_name: '', owner_name: '' }
  expect(describeSong(nameless, 'loading').title).toContain('2026')
  expect(describeSong({ ...nameless, timestamp: '' }, 'loading').title).toBe('A song')
})

it('says that a song is pressed at one stage only, as the waiting page does', () => {
  const texts = STAGES.map((stage) => describeSong(ENTRY, stage).stateText)
  expect(texts.filter((text) => text.includes('press'))).toEqual(['Being pressed'])
  expect(new Set(texts).size).toBe(STAGES.length)
})

it('tells a ready song from one whose files are deleted', () => {
  expect(stateOf(READY)).toBe('ready')
  expect(stateOf({ ...READY, preview_url: null })).toBe('gone')
  expect(stateOf(COMPOSING)).toBe('composing')
})
