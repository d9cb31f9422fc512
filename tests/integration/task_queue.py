"""A task queue that no worker reads."""

from server.pipeline.tasks import TASKS


class RecordingTaskQueue:
    """Records what was enqueued, in order: (task name, session_id)."""

    def __init__(self) -> None:
        self.enqueued: list[tuple[str, str | None]] = []
        self.waiting: dict[str, int] = {}

    async def enqueue(self, task_name: str, session_id: str | None = None) -> None:
        """Append to `enqueued`."""
        self.enqueued.append((task_name, session_id))

    async def finish(self) -> None:
        """Do nothing: nothing is pending."""

    def queue_of(self, task_name: str) -> str:
        """Return the task's queue on the site."""
        return str(TASKS[task_name].labels["queue_name"])

    async def count_waiting(self, queue: str) -> int:
        """Return what the test has set in `waiting`."""
        return self.waiting.get(queue, 0)
