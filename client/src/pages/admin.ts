/** The admin page at `/admin`: the site's state, live, and manual operations. */
import '../globals'
import Alpine from '@alpinejs/csp'
import '../styles/index.css'
import type { FailedSubmission, OpenSubmission, QueueStatus } from '../contract-admin'
import type { Connection } from '../live'
import { operate, watchQueueStatus } from '../operations'
import { WORDS } from '../words/admin'

interface State {
  status: QueueStatus | null
  connection: Connection
  problem: string
  refresh: () => void
}

/** Each button names its submission. */
function submissionOf(event: Event): string {
  return (event.currentTarget as HTMLElement).dataset['submission'] ?? ''
}

function ageOf(moment: string): string {
  return WORDS.age(Math.max(0, (Date.now() - Date.parse(moment)) / 1000))
}

Alpine.data('admin', () => ({
  ...({ status: null, connection: 'connecting', problem: '', refresh: () => undefined } satisfies State as State),

  init() {
    this.refresh = watchQueueStatus({
      onStatus: (status) => {
        this.status = status
      },
      onConnection: (connection) => {
        this.connection = connection
      },
    })
  },

  get connectionText(): string {
    return WORDS.connections[this.connection]
  },

  get numbers(): string[] {
    const status = this.status
    if (status === null) return []
    return [
      WORDS.slots(status.slots_used, status.slots),
      ...Object.entries(status.workers).map(([queue, count]) => WORDS.workers(queue, count)),
      WORDS.credits(status.sonauto_credits, status.credits_age_seconds),
      WORDS.ready(status.ready_last_hour),
      ...Object.entries(status.failures_last_hour).map(([reason, count]) => WORDS.failed(reason, count)),
      ...Object.entries(status.median_seconds).map(([phase, seconds]) => WORDS.median(phase, seconds)),
      WORDS.poison(status.poison_submissions.length),
    ]
  },

  get stopText(): string {
    const stop = this.status?.stopped_orders ?? null
    if (stop === null) return ''
    return stop.since === null ? WORDS.ordersPaused(stop.reason) : WORDS.ordersStopped(stop.reason, ageOf(stop.since))
  },

  get stages(): { name: string; count: number; id: string }[] {
    return Object.entries(this.status?.stages ?? {}).map(([name, count]) => ({ name, count, id: `count-${name}` }))
  },

  get openRows(): (OpenSubmission & { waitText: string; cannotRetry: boolean; retryLabel: string; failLabel: string })[] {
    return (this.status?.open_submissions ?? []).map((row) => ({
      ...row,
      waitText: WORDS.wait(ageOf(row.since), row.attempts),
      cannotRetry: !row.can_retry,
      retryLabel: WORDS.retryLabel(row.submission),
      failLabel: WORDS.failLabel(row.submission),
    }))
  },

  get failures(): (FailedSubmission & { failedText: string })[] {
    return (this.status?.last_failures ?? []).map((row) => ({ ...row, failedText: WORDS.failedAgo(ageOf(row.failed_at)), failure_message: row.failure_message ?? '' }))
  },

  async retry(event: Event) {
    await this.act(submissionOf(event), 'retry')
  },

  async fail(event: Event) {
    const submission = submissionOf(event)
    if (window.confirm(WORDS.sureToFail(submission))) await this.act(submission, 'fail')
  },

  async act(submission: string, action: 'retry' | 'fail') {
    const reason = await operate(submission, action, WORDS.noAnswer)
    this.problem = reason === null ? '' : WORDS.refused + reason
    this.refresh()
  },
}))

Alpine.start()
