import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { PhotoField } from '../src/photo-field'

const revoked: string[] = []
const photo = new Blob(['photo'])
const accept = (): Promise<Blob | null> => Promise.resolve(photo)
const cancel = (): Promise<Blob | null> => Promise.resolve(null)

function open(name: string): () => Promise<string> {
  return () => Promise.resolve(name)
}

beforeEach(() => {
  let count = 0
  revoked.length = 0
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `photo-${String(++count)}`)
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void revoked.push(url))
})

afterEach(() => {
  vi.restoreAllMocks()
})

it('shows the crop and keeps its picture', async () => {
  const field = new PhotoField()
  expect(await field.replace(open('picture-1'), accept)).toBe(photo)
  expect(field).toMatchObject({ url: 'photo-1', pictureUrl: 'picture-1', isOpening: false })
})

it('crops the same picture again', async () => {
  const field = new PhotoField()
  await field.replace(open('picture-1'), accept)
  const crop = vi.fn(accept)
  await field.recrop(crop)
  expect(crop).toHaveBeenCalledWith('picture-1')
  expect(field).toMatchObject({ url: 'photo-2', pictureUrl: 'picture-1' })
  expect(revoked).not.toContain('picture-1')
})

it('keeps the last photo when another picture is cancelled, or cannot be opened', async () => {
  const field = new PhotoField()
  await field.replace(open('picture-1'), accept)
  expect(await field.replace(open('picture-2'), cancel)).toBeNull()
  expect(revoked).toContain('picture-2')
  await expect(field.replace(() => Promise.reject(new Error('broken')), accept)).rejects.toThrow('broken')
  expect(field).toMatchObject({ url: 'photo-1', pictureUrl: 'picture-1', isOpening: false })
})

it('frees the photo and the picture that are replaced', async () => {
  const field = new PhotoField()
  field.restore(photo)
  const [url, pictureUrl] = [field.url, field.pictureUrl]
  await field.replace(open('picture-2'), accept)
  expect(revoked).toEqual(expect.arrayContaining([url, pictureUrl]))
})

it('opens one picture at a time', async () => {
  const field = new PhotoField()
  const first = field.replace(open('picture-1'), accept)
  expect(field.isOpening).toBe(true)
  expect(await field.replace(open('picture-2'), accept)).toBeNull()
  await first
  expect(field.pictureUrl).toBe('picture-1')
})
