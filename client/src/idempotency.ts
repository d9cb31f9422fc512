/**
 * The key that makes a repeated submission count once.
 *
 * The same content keeps its key through all retries; changed content is another submission and gets another key.
 */
import { randomHex } from './random'

export class IdempotencyKey {
  #content = ''
  #key = randomHex()

  keyFor(content: string): string {
    if (content !== this.#content) this.renew()
    this.#content = content
    return this.#key
  }

  /** Call it after a success: the same content sent again means another song. */
  renew(): void {
    this.#content = ''
    this.#key = randomHex()
  }
}
