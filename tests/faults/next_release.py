"""`petsong` as a later release may be: its messages contain more than this release understands."""

from typing import Any

from taskiq.kicker import AsyncKicker

from server.cli import app

ADDITION = "hurried"

kiq = AsyncKicker.kiq


async def kiq_with_more(kicker: AsyncKicker[Any, Any], *words: Any, **more: Any) -> object:
    """Send a task with an argument that only a later release knows."""
    return await kiq(kicker.with_labels(release="next"), *words, **more, **{ADDITION: True})


if __name__ == "__main__":
    AsyncKicker.kiq = kiq_with_more  # type: ignore[method-assign,assignment]
    app()
