/** All texts of the admin page. */
export const WORDS = {
  pageTitle: 'Operations',
  title: 'The studio',
  connections: { connecting: 'Connecting …', live: 'Live', reconnecting: 'Reconnecting; asking every 10 seconds' },
  numbers: 'Now',
  stages: 'Stages',
  underWay: 'Under way',
  failures: 'Last failures',
  none: 'None',
  submission: 'Song',
  stage: 'Stage',
  reason: 'Reason',
  actions: 'By hand',
  retry: 'Try now',
  fail: 'Stop',
  age: (seconds: number) => {
    if (seconds < 60) return `${String(Math.round(seconds))} s`
    return seconds < 3600 ? `${String(Math.round(seconds / 60))} min` : `${String(Math.round(seconds / 3600))} h`
  },
  wait: (age: string, attempts: number) => `for ${age}, ${attempts === 1 ? '1 try' : `${String(attempts)} tries`}`,
  failedAgo: (age: string) => `${age} ago`,
  retryLabel: (submission: string) => `Try now: ${submission}`,
  failLabel: (submission: string) => `Stop ${submission}`,
  rules:
    'A submission that waits can be tried now; one that is worked on, or whose order may have been paid for, goes on by itself. ' +
    'Stopping ends it as failed, for good: what was paid for its song is lost.',
  sureToFail: (submission: string) => `Stop ${submission} for good?`,
  refused: 'That is not possible: ',
  noAnswer: 'No answer.',
  slots: (used: number, slots: number) => `${String(used)} of ${String(slots)} slots in use`,
  workers: (queue: string, count: number) => `${String(count)} workers of the queue ${queue}`,
  credits: (credits: number | null, age_s: number | null) =>
    credits === null ? 'Credits unknown' : `${String(credits)} credits, ${String(Math.round((age_s ?? 0) / 60))} minutes ago`,
  ordersStopped: (reason: string, age: string) => `Orders are stopped for ${age}, only probes go out: ${reason}`,
  ordersPaused: (reason: string) => `Orders are paused: ${reason}`,
  ready: (count: number) => `${String(count)} songs ready in the last hour`,
  failed: (reason: string, count: number) => `${String(count)} failed in the last hour: ${reason}`,
  median: (phase: string, seconds: number) => `${phase}: ${seconds.toFixed(1)} s (median)`,
  poison: (count: number) => `${String(count)} given up because workers died of them`,
} as const
