/** What the server sends to the admin page, behind the login; the names are the server's. */
export interface OpenSubmission {
  /** The first characters of the session_id, here and below. */
  submission: string
  stage: string
  since: string
  attempts: number
  can_retry: boolean
}

export interface FailedSubmission {
  submission: string
  failure_reason: string
  failure_message: string | null
  failed_at: string
}

export interface PoisonSubmission {
  submission: string
  stage: string
  failure_reason: string
  failed_at: string
}

export interface StoppedOrders {
  /** Null if the song service works and only asked us to pause. */
  since: string | null
  reason: string
  next_probe: string | null
}

export interface QueueStatus {
  pending_submissions: number
  processing_submissions: number
  active_celery_tasks: number
  sonauto_credits: number | null
  last_credits_check: string | null
  credits_age_seconds: number | null
  stages: Record<string, number>
  slots_used: number
  slots: number
  stopped_orders: StoppedOrders | null
  workers: Record<string, number>
  ready_last_hour: number
  failures_last_hour: Record<string, number>
  median_seconds: Record<string, number>
  open_submissions: OpenSubmission[]
  last_failures: FailedSubmission[]
  poison_submissions: PoisonSubmission[]
}
