import { describe, expect, it } from 'vitest'
import { parseSnapshot, SNAPSHOT_FIELDS } from '../src/contract'
import type { Snapshot } from '../src/contract'
import { randomDelay, mergeSnapshot, isFinal } from '../src/live'

function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    session_id: 'song1',
    version: 1,
    status: 'processing',
    stage: 'composing',
    progress: 0.3,
    queue_position: null,
    eta_seconds: [30, 90],
    preview_url: null,
    poster_url: null,
    failure_reason: null,
    created_at: '2026-02-14T12:00:00Z',
    ...changes,
  }
}

describe('mergeSnapshot', () => {
  it('takes the first', () => {
    expect(mergeSnapshot(null, snapshot())).toEqual(snapshot())
  })

  it('drops an older version', () => {
    const seen = snapshot({ version: 3, stage: 'rendering' })
    expect(mergeSnapshot(seen, snapshot({ version: 2, stage: 'composing' }))).toBe(seen)
  })

  it('accepts the same version again, because the place in the queue moves without a change of the row', () => {
    const seen = snapshot({ queue_position: 4 })
    expect(mergeSnapshot(seen, snapshot({ queue_position: 2 })).queue_position).toBe(2)
  })

  it('never lets the place in the queue rise', () => {
    const seen = snapshot({ queue_position: 2 })
    expect(mergeSnapshot(seen, snapshot({ queue_position: 3 })).queue_position).toBe(2)
    expect(mergeSnapshot(seen, snapshot({ version: 2 })).queue_position).toBeNull()
  })

  it('never lets progress fall', () => {
    const seen = snapshot({ progress: 0.5 })
    expect(mergeSnapshot(seen, snapshot({ version: 2, progress: 0.4 })).progress).toBe(0.5)
  })

  it('ends with the newest, whatever the order of arrival', () => {
    const arrivals = [2, 4, 1, 3].map((version) => snapshot({ version, progress: version / 10 }))
    const last = arrivals.reduce<Snapshot | null>(mergeSnapshot, null)
    expect([last?.version, last?.progress]).toEqual([4, 0.4])
  })
})

describe('isFinal', () => {
  it('holds for success and fail alone', () => {
    const statuses = ['pending', 'processing', 'success', 'fail'] as const
    expect(statuses.filter((status) => isFinal(snapshot({ status })))).toEqual(['success', 'fail'])
  })
})

describe('parseSnapshot', () => {
  it('reads every field', () => {
    expect(parseSnapshot(snapshot())).toEqual(snapshot())
    expect(Object.keys(snapshot()).sort()).toEqual([...SNAPSHOT_FIELDS].sort())
  })

  it.each([null, 'text', [], {}, { error: 'not_found' }, { ...snapshot(), status: 'new' }, { ...snapshot(), version: '1' }])(
    'refuses %j',
    (value) => {
      expect(parseSnapshot(value)).toBeNull()
    },
  )

  it('shows an unknown stage as the nearest known one', () => {
    expect(parseSnapshot({ ...snapshot(), stage: 'mastering' })?.stage).toBe('composing')
  })
})

describe('randomDelay', () => {
  it('spreads pages over the whole range and never leaves it', () => {
    const delays = Array.from({ length: 500 }, () => randomDelay([20_000, 30_000]))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(20_000)
    expect(Math.max(...delays)).toBeLessThan(30_000)
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(8_000)
  })
})
