from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0002_song_account')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Submission',
            name='video_encoder',
            field=fields.CharField(null=True, max_length=50),
        ),
        ops.AddField(
            model_name='Submission',
            name='video_encoder_fallback',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='WorkerHeartbeat',
            name='encoder',
            field=fields.CharField(null=True, max_length=50),
        ),
        ops.AddField(
            model_name='WorkerHeartbeat',
            name='encoder_fallback',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
