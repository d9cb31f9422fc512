"""Restricts Hypercorn to HTTP/1.x, because a proxy in front does not inspect other protocols.

A client whose `Upgrade: h2c` was passed on by the proxy could speak HTTP/2 with the site directly
and forge X-Forwarded-For. With this patch such requests stay HTTP/1.x, and `request_guard.guard`
rejects them.
"""

from hypercorn.protocol.h11 import H11Protocol


def keep_to_http1() -> None:
    """Disable protocol switching, for all servers of this process."""
    # Hypercorn 0.18 has no setting; this method handles `Upgrade: h2c` and the HTTP/2 preface.
    H11Protocol._check_protocol = _accept  # type: ignore[assignment,method-assign]


async def _accept(_protocol: H11Protocol, _request: object) -> None:
    """Ignore requests to switch the protocol."""
