from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0003_encoders')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='Submission',
            index=Index(fields=['stage', 'created_at', 'session_id']),
        ),
    ]
