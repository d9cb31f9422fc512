"""A doorbell that nobody answers."""


class RecordingDoorbell:
    """Keeps what was rung, in order: (task name, session_id)."""

    def __init__(self) -> None:
        self.rings: list[tuple[str, str | None]] = []

    async def ring(self, task_name: str, session_id: str | None = None) -> None:
        """Append the ring to `rings`."""
        self.rings.append((task_name, session_id))

    async def finish(self) -> None:
        """Do nothing: every ring is heard at once."""
