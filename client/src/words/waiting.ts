/** All texts of the waiting page. */
export const WORDS = {
  pageTitle: 'Your song is being made',
  title: 'Calculating results...',
  onLabel: 'YOUR LOVE SONG',
  preview: 'Your own record, turning',
  opening: 'Looking for your song …',
  /** For browsers without JavaScript. */
  withoutScript: {
    again: 'This page looks again every 15 seconds. You can also keep its address and come back later.',
    watch: 'Watch and listen',
    seeWhy: 'See what happened',
  },

  stages: {
    queued: { title: 'In the queue', text: 'Your song is waiting for a free place in the studio.' },
    composing: { title: 'Composing', text: 'The band is writing and recording your song.' },
    downloading: { title: 'Collecting the tape', text: 'Your song is recorded. We are collecting the tape.' },
    rendering: { title: 'Pressing the record', text: 'We are pressing your song onto your own record.' },
    ready: { title: 'Ready', text: 'Your song is ready. Here it comes …' },
    failed: { title: 'Stopped', text: 'Something went wrong with your song.' },
  },

  progress: 'Your song',
  percent: (percent: number) => `${String(percent)} percent`,
  nextInLine: 'You are next in line.',
  place: (position: number) => `You are number ${String(position)} in line.`,
  lessThanMinute: 'Less than a minute to go.',
  aboutMinute: 'About a minute to go.',
  aboutMinutes: (minutes: number) => `About ${String(minutes)} minutes to go.`,
  fromToMinutes: (low: number, high: number) => `About ${String(low)} to ${String(high)} minutes to go.`,
  reconnecting: 'Reconnecting … Your song is being made all the same; we keep asking how far it is.',

  notify: 'Notify me when it is ready',
  willNotify: 'We will notify you, as long as this page stays open in some tab.',
  notifyRefused: 'Your browser does not allow notifications from this site. The title of this tab will tell you.',
  readyTitle: 'Your song is ready',
  readyText: 'Come and watch your record turn.',

  long: {
    title: 'Processing is taking longer than expected',
    text: 'Your song is still being made, and this page still waits for it. You can also keep the link and check back later.',
    copy: 'Copy link',
  },
  copied: 'Copied! Open the link whenever you like.',
  notCopied: 'Please copy the address from your browser’s address bar.',

  missingTitle: 'Song not found',
  missingText: 'The link may be incomplete, or the song is no longer kept. Making a new one takes a few minutes.',
}
