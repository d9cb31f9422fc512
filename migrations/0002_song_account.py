"""Create the only row of the song account; it is also the lock under which slots are counted."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0001_submissions")]

    operations = [
        ops.RunSQL(
            "INSERT INTO song_accounts (id) VALUES (1)",
            reverse_sql="DELETE FROM song_accounts WHERE id = 1",
        )
    ]
