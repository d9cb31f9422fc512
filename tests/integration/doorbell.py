"""A doorbell that nobody answers."""

from server.pipeline.tasks import TASKS


class RecordingDoorbell:
    """Keeps what was rung, in order: (task name, session_id)."""

    def __init__(self) -> None:
        self.rings: list[tuple[str, str | None]] = []
        self.waiting: dict[str, int] = {}

    async def ring(self, task_name: str, session_id: str | None = None) -> None:
        """Append the ring to `rings`."""
        self.rings.append((task_name, session_id))

    async def finish(self) -> None:
        """Do nothing: every ring is heard at once."""

    def queue_of(self, task_name: str) -> str:
        """Return the queue of the task, as the site has it."""
        return str(TASKS[task_name].labels["queue_name"])

    async def count_waiting(self, queue: str) -> int:
        """Return what the test has put into `waiting`."""
        return self.waiting.get(queue, 0)
