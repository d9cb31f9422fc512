"""The tables: `submissions` with the column names of the spec, and those that the pipeline needs.

Rows are written by `transitions.py` (stage), `intake.py` (creation) and `pipeline/leases.py`
(leases), always by conditional UPDATE and never by a bare `save()`, which would write stale columns
back.
"""

from tortoise import fields
from tortoise.models import Model

from server.submissions.lifecycle import EntryStatus, Stage


class Submission(Model):
    """A visitor's request, from the form to the video."""

    session_id = fields.CharField(max_length=255, primary_key=True)
    created_at = fields.DatetimeField(auto_now_add=True, db_index=True)
    cookie_id = fields.CharField(max_length=255, null=True, db_index=True)
    owner_name = fields.CharField(max_length=100)
    photo_path = fields.CharField(max_length=500)
    pet_name = fields.CharField(max_length=100)
    pet_type = fields.CharField(max_length=50)
    music_vibe = fields.CharField(max_length=50)
    retry_count = fields.IntField(default=0, db_default=0)
    sent_to_LLM = fields.DatetimeField(null=True)
    LLM_task_id = fields.CharField(max_length=255, null=True, unique=True)
    received_from_LLM = fields.DatetimeField(null=True)
    LLM_response = fields.TextField(null=True)
    LLM_full_response = fields.TextField(null=True)
    downloaded_at = fields.DatetimeField(null=True)
    generated_song_path = fields.TextField(null=True)
    LLM_status = fields.CharField(max_length=50, null=True)
    lyrics = fields.TextField(null=True)
    video_creation_start = fields.DatetimeField(null=True)
    video_creation_end = fields.DatetimeField(null=True)
    generated_video_path = fields.CharField(max_length=500, null=True)
    entry_status = fields.CharField(
        max_length=50, default=EntryStatus.PENDING.value, db_default=EntryStatus.PENDING.value
    )

    stage = fields.CharField(max_length=16, default=Stage.QUEUED.value)
    stage_since = fields.DatetimeField(auto_now_add=True)
    version = fields.IntField(default=1)
    failure_reason = fields.CharField(max_length=32, null=True)
    failure_message = fields.TextField(null=True)
    poll_failing_since = fields.DatetimeField(null=True)
    idempotency_key = fields.CharField(max_length=64, null=True, unique=True)
    idempotency_hash = fields.CharField(max_length=64, null=True)

    next_run_at = fields.DatetimeField(auto_now_add=True)
    lease_until = fields.DatetimeField(null=True)
    fence = fields.IntField(default=0)
    attempts = fields.IntField(default=0)

    preview_path = fields.CharField(max_length=500, null=True)
    # The columns keep their names because the previous release writes to them.
    preview_due_at = fields.DatetimeField(auto_now_add=True, source_field="press_due_at")
    preview_attempts = fields.IntField(default=0, source_field="press_attempts")

    video_encoder = fields.CharField(max_length=50, null=True)
    video_encoder_fallback = fields.TextField(null=True)
    video_timings = fields.TextField(null=True)

    expired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "submissions"
        # For the sweep, and for the queue in its order.
        indexes = (("stage", "next_run_at"), ("stage", "created_at", "session_id"))


class GenerationAttempt(Model):
    """One paid request to the song service, recorded before the money is spent.

    `session_id` is not a foreign key: rebuilding a table on SQLite would cascade into this one.
    `outcome` is null while the answer is unknown. A webhook that arrives meanwhile stores its
    generation in `reported_task_id`, so that the song is adopted instead of bought again.
    `token_hash` is the hash of the secret in the webhook's token, see tokens.py.
    """

    id = fields.IntField(primary_key=True)
    session_id = fields.CharField(max_length=255, db_index=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    outcome = fields.CharField(max_length=16, null=True)
    reported_task_id = fields.CharField(max_length=255, null=True)

    class Meta:
        table = "generation_attempts"


class CookieQuota(Model):
    """How many submissions one browser has made, counted by conditional UPDATE."""

    cookie_id = fields.CharField(max_length=64, primary_key=True)
    used = fields.IntField(default=0)

    class Meta:
        table = "cookie_quotas"


class SongAccount(Model):
    """The single row (id 1) about our account: last known credits, and whether orders may be sent.

    It is also the lock under which slots are counted and claimed. `failed_probes` is explained in
    account.py; since `recovered_at` the service's API answers again. The service asked us to pause
    until `paused_until`; `next_probe_at` is our own limit.
    """

    id = fields.IntField(primary_key=True)
    credits = fields.IntField(null=True)
    credits_checked_at = fields.DatetimeField(null=True)
    paused_until = fields.DatetimeField(null=True)
    pause_reason = fields.CharField(max_length=100, null=True)
    failed_probes = fields.IntField(default=0, db_default=0)
    next_probe_at = fields.DatetimeField(null=True)
    unavailable_since = fields.DatetimeField(null=True)
    recovered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "song_accounts"


class WorkerHeartbeat(Model):
    """One row per live worker process, refreshed every few seconds.

    `encoder` is null for workers that don't render; `encoder_fallback` is why no hardware encoder
    is used.
    """

    name = fields.CharField(max_length=200, primary_key=True)
    queue = fields.CharField(max_length=50)
    beat_at = fields.DatetimeField()
    encoder = fields.CharField(max_length=50, null=True)
    encoder_fallback = fields.TextField(null=True)

    class Meta:
        table = "worker_heartbeats"


class ScheduledRun(Model):
    """When each scheduled task last ran, on any worker."""

    task_name = fields.CharField(max_length=64, primary_key=True)
    ran_at = fields.DatetimeField()

    class Meta:
        table = "scheduled_runs"
