"""What songs take is read from their rows now; the account keeps no averages."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Drop the two running means."""

    dependencies = [("models", "0004_queue_order")]

    initial = False

    operations = [
        ops.RemoveField(model_name="SongAccount", name="composing_s"),
        ops.RemoveField(model_name="SongAccount", name="finishing_s"),
    ]
