/**
 * The key that makes a repeated submission count once.
 *
 * The same content keeps its key through every retry; changed content is another submission and gets another key.
 */
function randomKey(): string {
  // Not crypto.randomUUID, which exists on HTTPS pages only.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export class IdempotencyKey {
  #content = ''
  #key = randomKey()

  keyFor(content: string): string {
    if (content !== this.#content) this.renew()
    this.#content = content
    return this.#key
  }

  /** To be called after a success: the same content sent again is then meant as another song. */
  renew(): void {
    this.#content = ''
    this.#key = randomKey()
  }
}
