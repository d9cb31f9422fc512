import { describe, expect, it } from 'vitest'
import { readResultAnswer, readSnapshotAnswer, readSubmissionAnswer } from '../src/api'

describe('readSubmissionAnswer', () => {
  it.each([
    ['a new browser', 200, { success: true, session_id: 's1', cookie_id: 'c1' }, { kind: 'accepted', session_id: 's1', cookie_id: 'c1' }],
    ['a known browser', 200, { success: true, session_id: 's1' }, { kind: 'accepted', session_id: 's1', cookie_id: null }],
    ['the eleventh', 429, { error: 'rate_limit_exceeded', message: 'm', attempts_used: 10 }, { kind: 'sold_out' }],
    ['no credits', 503, { error: 'sold_out', message: 'm' }, { kind: 'sold_out' }],
    ['a busy address', 429, { error: 'too_many_requests', message: 'Slow down.' }, { kind: 'refused', message: 'Slow down.' }],
    ['a server error', 500, { error: 'server_error', message: 'Broken.' }, { kind: 'unreachable', message: 'Broken.' }],
  ])('reads %s', (_name, status, body, outcome) => {
    expect(readSubmissionAnswer({ status, body })).toEqual(outcome)
  })

  it('keeps the messages of known fields', () => {
    const body = { error: 'e', message: 'm', fields: { pet_name: 'Too short.', other: 'x', photo: 7 } }
    expect(readSubmissionAnswer({ status: 400, body })).toEqual({
      kind: 'invalid',
      message: 'm',
      fields: { pet_name: 'Too short.' },
    })
  })

  it.each([0, 200, 502])('offers a retry for %i without a body', (status) => {
    expect(readSubmissionAnswer({ status, body: null }).kind).toBe('unreachable')
  })
})

describe('readResultAnswer', () => {
  it.each([
    [200, { session_id: 's1', video_url: '/v.mp4', lyrics: 'la' }, 'success'],
    [200, '<html>', 'unreachable'],
    [202, { status: 'processing' }, 'unfinished'],
    [400, { status: 'fail', message: 'm' }, 'failed'],
    [400, null, 'unreachable'],
    [404, null, 'missing'],
    [410, null, 'expired'],
    [429, { message: 'Slow down.' }, 'unreachable'],
    [0, null, 'unreachable'],
  ])('reads %i %j as %s', (status, body, kind) => {
    expect(readResultAnswer({ status, body }).kind).toBe(kind)
  })
})

it('reads the videos of a song and drops invalid ones', () => {
  const square = { format: 'square', url: '/v.mp4', download_url: '/v.mp4?download', width: 720, height: 720 }
  const body = { session_id: 's1', video_url: '/v.mp4', videos: [square, { format: 'story' }, null], card_url: '/card.jpg' }
  const outcome = readResultAnswer({ status: 200, body })
  expect(outcome).toMatchObject({ result: { videos: [square], poster_url: null, card_url: '/card.jpg' } })
  const older = readResultAnswer({ status: 200, body: { session_id: 's1', video_url: '/v.mp4' } })
  expect(older).toMatchObject({ result: { videos: [], card_url: null } })
})

describe('readSnapshotAnswer', () => {
  it.each([
    [200, { session_id: 's1', version: 1, status: 'pending', stage: 'queued' }, 'snapshot'],
    [200, null, 'unreachable'],
    [404, null, 'missing'],
    [503, null, 'unreachable'],
  ])('reads %i %j as %s', (status, body, kind) => {
    expect(readSnapshotAnswer({ status, body }).kind).toBe(kind)
  })
})
