"""Record why a song failed, since when a service is unreachable, and when tasks last ran."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Add columns that the previous release need not know, and the table of scheduled runs."""

    dependencies = [("models", "0006_phases")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Submission",
            name="failure_message",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name="Submission",
            name="poll_failing_since",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Submission",
            name="idempotency_hash",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name="SongAccount",
            name="failed_probes",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="SongAccount",
            name="next_probe_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="SongAccount",
            name="unavailable_since",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="SongAccount",
            name="recovered_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.CreateModel(
            name="ScheduledRun",
            fields=[
                ("task_name", fields.CharField(primary_key=True, unique=True, max_length=64)),
                ("ran_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "scheduled_runs", "app": "models", "pk_attr": "task_name"},
            bases=["Model"],
        ),
    ]
