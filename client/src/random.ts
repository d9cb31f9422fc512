/** 128 unguessable random bits in hexadecimal. */
export function randomHex(): string {
  // crypto.randomUUID exists on HTTPS pages only.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
