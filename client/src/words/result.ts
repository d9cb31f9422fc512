/** All texts of the result page. */
export const WORDS = {
  titles: {
    loading: 'Your song',
    success: 'Your song is ready',
    unfinished: 'Your song is being made',
    failed: 'No song this time',
    missing: 'Song not found',
    expired: 'Song no longer kept',
    unreachable: 'No connection',
  },
  loading: 'Fetching your song …',
  eyebrow: 'A love song for',

  download: 'Download video',
  downloadStory: 'Save for Stories',
  share: 'Share',
  shareTitle: (couple: string) => (couple ? `A love song for ${couple}` : 'A love song'),

  send: {
    title: 'Send it on',
    address: 'Address of this song',
    copy: 'Copy URL',
    copied: 'Copied!',
    notCopied: 'Please copy the marked address yourself.',
    whatsApp: 'WhatsApp',
    facebook: 'Facebook',
    x: 'X',
    mail: 'E-mail',
    stories: 'Instagram and TikTok take no links: save the video for Stories, and add it there.',
  },

  lyrics: 'Lyrics',
  again: 'Create another song',
  kept: 'Kept until',
  keptAfter: 'Download what you would like to keep for longer.',

  remove: {
    open: 'Delete this song',
    title: 'Delete this song for good?',
    text: 'The video, the song, the photo and both names are deleted at once, for everybody who has the link.',
    cancel: 'Keep it',
    confirm: 'Delete now',
    deleting: 'Deleting …',
    done: 'Your song, photo and names are deleted.',
  },

  unfinished: { title: 'Your song is still being made.', watch: 'See how far it is' },
  failed: {
    title: 'No song this time.',
    retake: 'Retake the journey',
    kept: 'Your form is still filled in.',
    generation_failed: 'We couldn’t generate your song. Please try again with different inputs.',
    rejected: 'The studio turned these names or this vibe down. Please try again with different inputs.',
    timeout: 'The studio did not finish your song in time. Please try again.',
    download_failed: 'Your song was recorded, but the tape never reached us. Please try again.',
    render_failed: 'Video creation failed. Please try again.',
    stopped: 'Our studio had to stop your song. Please try again.',
    photo_unreadable: 'We could not read your photo. Please try again with another one.',
    service_error: 'The studio is closed for the moment. Please try again a little later.',
  },
  missingText: 'The link may be incomplete. Ask for it once more, or make a song of your own.',
  unreachable: { title: 'We can’t play it right now.', again: 'Try again' },
}
