/** The form's photo: opened from a file, cropped, and cropped again from the same picture. */

/** Shows a picture for cropping; null if the visitor cancels. */
export type Crop = (picture_url: string) => Promise<Blob | null>

export class PhotoField {
  /** Object URLs of the photo, and of the picture that it was cropped from. */
  url = ''
  pictureUrl = ''
  isOpening = false

  /**
   * Opens a picture and crops it; the new photo, or null if the visitor cancels: then the last photo stays.
   *
   * One at a time: a second tap, or a second file dropped, is ignored while a picture is open.
   */
  async replace(open: () => Promise<string>, crop: Crop): Promise<Blob | null> {
    if (this.isOpening) return null
    this.isOpening = true
    try {
      const picture_url = await open()
      const photo = await crop(picture_url)
      if (photo !== null) this.keep(picture_url, photo)
      else if (picture_url !== this.pictureUrl) URL.revokeObjectURL(picture_url)
      return photo
    } finally {
      this.isOpening = false
    }
  }

  /** Crops the same picture again. */
  async recrop(crop: Crop): Promise<Blob | null> {
    return this.replace(() => Promise.resolve(this.pictureUrl), crop)
  }

  /** Shows the photo of a draft, which `recrop` then crops: a draft does not have the whole picture. */
  restore(photo: Blob): void {
    this.keep(URL.createObjectURL(photo), photo)
  }
  // Not `#keep`: Alpine calls methods on a proxy, which has no private ones.
  private keep(picture_url: string, photo: Blob): void {
    if (picture_url !== this.pictureUrl) URL.revokeObjectURL(this.pictureUrl)
    URL.revokeObjectURL(this.url)
    this.pictureUrl = picture_url
    this.url = URL.createObjectURL(photo)
  }
}
