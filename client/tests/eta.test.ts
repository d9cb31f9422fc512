import { expect, it } from 'vitest'
import { describeEta } from '../src/eta'

it.each([
  [[5, 40], 'Less than a minute to go.'],
  [[20, 60], 'About a minute to go.'],
  [[40, 110], 'About 1 to 2 minutes to go.'],
  [[118, 120], 'About 2 minutes to go.'],
  [[300, 600], 'About 5 to 10 minutes to go.'],
] as [[number, number], string][])('%j seconds: %s', (seconds, words) => {
  expect(describeEta(seconds)).toBe(words)
})
