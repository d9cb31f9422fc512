/** What more than one page says. */
export const SHARED = {
  name: 'Petsong',
  titleEnd: ' · Petsong',
  terms: 'Terms & Conditions',
  privacy: 'Privacy Policy',
  demo: 'Demo: the songs here come from our built-in demo composer.',
  legal: 'Legal',
  closeMessage: 'Close message',
  record: 'Your record',
  stopRecord: 'Stop the record',
  turnRecord: 'Turn the record',
  side: 'SIDE A · TRACK ONE',
  noAnswer: 'We could not reach our studio. Please check your connection and try again.',
  unknownTitle: 'We don’t know this song.',
  makeSong: 'Make a song',
  couple: (pet: string, owner: string) => [pet, owner].filter((name) => name !== '').join(' & '),
}
