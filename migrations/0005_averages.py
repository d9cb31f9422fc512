"""Durations are now read from the rows of songs, so the account's averages are dropped."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Drop the two running averages."""

    dependencies = [("models", "0004_queue_order")]

    initial = False

    operations = [
        ops.RemoveField(model_name="SongAccount", name="composing_s"),
        ops.RemoveField(model_name="SongAccount", name="finishing_s"),
    ]
