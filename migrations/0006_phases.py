"""Record when a song was downloaded and how long each phase of its render took.

Earlier releases write neither.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Add two nullable columns."""

    dependencies = [("models", "0005_averages")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Submission",
            name="downloaded_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Submission",
            name="video_timings",
            field=fields.TextField(null=True, unique=False),
        ),
    ]
