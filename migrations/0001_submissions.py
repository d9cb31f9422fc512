from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='CookieQuota',
            fields=[
                ('cookie_id', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('used', fields.IntField(default=0)),
            ],
            options={'table': 'cookie_quotas', 'app': 'models', 'pk_attr': 'cookie_id', 'table_description': 'How many submissions one browser has made, counted by conditional UPDATE.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='GenerationAttempt',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('session_id', fields.CharField(db_index=True, max_length=255)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('outcome', fields.CharField(null=True, max_length=16)),
                ('reported_task_id', fields.CharField(null=True, max_length=255)),
            ],
            options={'table': 'generation_attempts', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One paid request to the song service: written before the money is spent.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SongAccount',
            fields=[
                ('id', fields.IntField(primary_key=True, unique=True, db_index=True)),
                ('credits', fields.IntField(null=True)),
                ('credits_checked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('paused_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('pause_reason', fields.CharField(null=True, max_length=100)),
                ('composing_s', fields.FloatField(null=True)),
                ('finishing_s', fields.FloatField(null=True)),
            ],
            options={'table': 'song_accounts', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The single row (id 1) about our account: last known credits, and a pause if one is ordered.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Submission',
            fields=[
                ('session_id', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255)),
                ('created_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=True)),
                ('cookie_id', fields.CharField(null=True, db_index=True, max_length=255)),
                ('owner_name', fields.CharField(max_length=100)),
                ('photo_path', fields.CharField(max_length=500)),
                ('pet_name', fields.CharField(max_length=100)),
                ('pet_type', fields.CharField(max_length=50)),
                ('music_vibe', fields.CharField(max_length=50)),
                ('retry_count', fields.IntField(default=0, db_default=0)),
                ('sent_to_LLM', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('LLM_task_id', fields.CharField(null=True, unique=True, max_length=255)),
                ('received_from_LLM', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('LLM_response', fields.TextField(null=True, unique=False)),
                ('LLM_full_response', fields.TextField(null=True, unique=False)),
                ('generated_song_path', fields.TextField(null=True, unique=False)),
                ('LLM_status', fields.CharField(null=True, max_length=50)),
                ('lyrics', fields.TextField(null=True, unique=False)),
                ('video_creation_start', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('video_creation_end', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('generated_video_path', fields.CharField(null=True, max_length=500)),
                ('entry_status', fields.CharField(default='pending', db_default='pending', max_length=50)),
                ('stage', fields.CharField(default='queued', max_length=16)),
                ('stage_since', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('version', fields.IntField(default=1)),
                ('failure_reason', fields.CharField(null=True, max_length=32)),
                ('idempotency_key', fields.CharField(null=True, unique=True, max_length=64)),
                ('next_run_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('lease_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('fence', fields.IntField(default=0)),
                ('attempts', fields.IntField(default=0)),
                ('preview_path', fields.CharField(null=True, max_length=500)),
                ('press_due_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('press_attempts', fields.IntField(default=0)),
                ('expired_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'submissions', 'app': 'models', 'indexes': [Index(fields=['stage', 'next_run_at'])], 'pk_attr': 'session_id', 'table_description': "One visitor's order, from the form to the video."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='WorkerHeartbeat',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=200)),
                ('queue', fields.CharField(max_length=50)),
                ('beat_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'worker_heartbeats', 'app': 'models', 'pk_attr': 'name', 'table_description': 'One row for each live worker process, refreshed every few seconds.'},
            bases=['Model'],
        ),
    ]
