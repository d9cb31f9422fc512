"""Records what callers did, so that a test can assert "exactly one paid song".

Accepted posts are read from the archive, so they survive a restart; everything else starts at zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .generation import Generation


@dataclass
class Ledger:
    """Counters of one run of the simulator."""

    refused_posts: list[dict[str, Any]] = field(default_factory=list)
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    in_flight_peak: int = 0
    details_read: int = 0
    downloads: int = 0
    open_downloads: int = 0
    authorization_seen_on_download: bool = False

    def refuse(self, outcome: str, body: object) -> None:
        """Record a post that was not accepted."""
        fields = body if isinstance(body, dict) else {}
        self.refused_posts.append(
            {
                "task_id": None,
                "at": datetime.now(UTC).isoformat(),
                **{name: fields.get(name) for name in ("prompt", "tags", "webhook_url")},
                "outcome": outcome,
            }
        )

    def as_json(self, generations: Iterable[Generation]) -> dict[str, Any]:
        """The whole ledger; `posts` in order of arrival."""
        accepted = [
            {
                "task_id": generation.task_id,
                "at": generation.created_at.isoformat(),
                "prompt": generation.request.prompt,
                "tags": generation.request.tags,
                "webhook_url": generation.request.webhook_url,
                "outcome": generation.answer,
            }
            for generation in generations
        ]
        return {
            "paid_posts": len(accepted),
            "posts": sorted(accepted + self.refused_posts, key=lambda post: str(post["at"])),
            "in_flight": sum(not generation.status.is_final for generation in generations),
            "in_flight_peak": self.in_flight_peak,
            "details_read": self.details_read,
            "downloads": self.downloads,
            "open_downloads": self.open_downloads,
            "authorization_seen_on_download": self.authorization_seen_on_download,
            "webhooks": self.webhooks,
        }
