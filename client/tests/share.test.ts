import { expect, it } from 'vitest'
import { coupleOf, facebookUrl, findVideo, mailUrl, videoFileName, whatsAppUrl, xUrl } from '../src/share'

const PAGE = 'https://example.org/result/abc'

it('names the file after both', () => {
  expect(videoFileName({ pet_name: 'Toby', owner_name: 'Matt' })).toBe('Toby-and-Matt.mp4')
  expect(videoFileName({ pet_name: 'Sir Zoë', owner_name: 'Mary Ann' })).toBe('Sir-Zoë-and-Mary-Ann.mp4')
  expect(videoFileName({ pet_name: '', owner_name: '' })).toBe('love-song.mp4')
})

it('finds a video by its format', () => {
  const story = { format: 'story', url: '/story.mp4', download_url: '/story.mp4?download', width: 1080, height: 1920 }
  expect(findVideo({ videos: [story] }, 'story')).toEqual(story)
  expect(findVideo({ videos: [story] }, 'hd')).toBeUndefined()
})

it('names the couple', () => {
  expect(coupleOf({ pet_name: 'Toby', owner_name: 'Matt' })).toBe('Toby and Matt')
})

it('escapes the address in every link', () => {
  expect(new URL(facebookUrl(PAGE)).searchParams.get('u')).toBe(PAGE)
  expect(new URL(whatsAppUrl(PAGE, 'A song & more')).searchParams.get('text')).toBe(`A song & more ${PAGE}`)
  expect(Object.fromEntries(new URL(xUrl(PAGE, 'A song & more')).searchParams)).toEqual({ text: 'A song & more', url: PAGE })
  expect(mailUrl(PAGE, 'A song & more')).toBe(`mailto:?subject=A%20song%20%26%20more&body=${encodeURIComponent(PAGE)}`)
})
