import { expect, it } from 'vitest'
import { coupleOf, facebookUrl, videoFileName, whatsAppUrl } from '../src/share'

const PAGE = 'https://example.org/result/abc'

it('names the file after both', () => {
  expect(videoFileName({ pet_name: 'Toby', owner_name: 'Matt' })).toBe('Toby-and-Matt.mp4')
  expect(videoFileName({ pet_name: 'Sir Zoë', owner_name: 'Mary Ann' })).toBe('Sir-Zoë-and-Mary-Ann.mp4')
  expect(videoFileName({ pet_name: '', owner_name: '' })).toBe('love-song.mp4')
})

it('names the couple', () => {
  expect(coupleOf({ pet_name: 'Toby', owner_name: 'Matt' })).toBe('Toby and Matt')
})

it('hands the address over in one piece', () => {
  expect(new URL(facebookUrl(PAGE)).searchParams.get('u')).toBe(PAGE)
  expect(new URL(whatsAppUrl(PAGE, 'A song & more')).searchParams.get('text')).toBe(`A song & more ${PAGE}`)
})
