"""The schedules follow the settings."""

from server.pipeline.schedule import Timetable
from server.settings import Settings


async def test_the_clean_up_runs_at_the_hour_of_the_settings() -> None:
    schedules = await Timetable(Settings.model_construct(cleanup_hour=10)).get_schedules()
    crons = {schedule.task_name: schedule.cron for schedule in schedules if schedule.cron}
    assert crons == {"cleanup_old_files": "0 10 * * *"}
