import { expect, it } from 'vitest'
import { IdempotencyKey } from '../src/idempotency'

it('keeps its key for a retry', () => {
  const key = new IdempotencyKey()
  expect(key.keyFor('Toby')).toBe(key.keyFor('Toby'))
  expect(key.keyFor('Toby')).toMatch(/^[0-9a-f]{32}$/)
})

it('gives changed content another key', () => {
  const key = new IdempotencyKey()
  expect(key.keyFor('Toby')).not.toBe(key.keyFor('Rex'))
})

it('gives the same content another key after a success', () => {
  const key = new IdempotencyKey()
  const first = key.keyFor('Toby')
  key.renew()
  expect(key.keyFor('Toby')).not.toBe(first)
})
