import { expect, it } from 'vitest'
import { OPTIONS, SUBMISSION_FIELDS } from '../src/contract'
import { findFault } from '../src/form-checks'

it('asks for each field that is empty, in words of its own', () => {
  const faults = SUBMISSION_FIELDS.map((field) => findFault(field, ' '))
  expect(faults).toContain('Please enter your pet’s name.')
  expect(faults).toContain('Please choose a music vibe.')
  expect(new Set(faults).size).toBe(SUBMISSION_FIELDS.length)
})

it('checks both names, and only them, as names', () => {
  const checked = SUBMISSION_FIELDS.filter((field) => findFault(field, 'T0by') !== '')
  expect(checked).toEqual(['pet_name', 'owner_name'])
  expect(findFault('pet_name', 'Toby')).toBe('')
})

it('accepts every option', () => {
  for (const pet_type of OPTIONS.pet_type) expect(findFault('pet_type', pet_type)).toBe('')
})
