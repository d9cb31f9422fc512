import { expect, it } from 'vitest'
import { findFileFault, findSizeFault } from '../src/photo'

const MAX_BYTES = 5 * 1024 * 1024

it.each([
  [1, ''],
  [MAX_BYTES, ''],
  [MAX_BYTES + 1, 'This photo is larger than 5 MB. Please choose a smaller one.'],
  [0, 'This file is empty. Please choose another photo.'],
])('a file of %i bytes: %j', (size_bytes, fault) => {
  expect(findFileFault(size_bytes)).toBe(fault)
})

it('wants both sides to have 400 pixels', () => {
  expect(findSizeFault(400, 400)).toBe('')
  expect(findSizeFault(399, 4000)).toContain('399 × 4000')
  expect(findSizeFault(4000, 399)).toContain('at least 400 × 400')
})
