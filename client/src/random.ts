/** Returns 128 random bits in hexadecimal digits, which nobody can guess. */
export function randomHex(): string {
  // Not crypto.randomUUID, which exists on HTTPS pages only.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
