"""The song account is one row, there from the start: it is the lock that slots are counted under."""

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
