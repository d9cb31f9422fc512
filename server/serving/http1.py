"""Hypercorn is held to HTTP/1.x, because a proxy in front checks nothing inside another protocol.

Whoever had a proxy pass on `Upgrade: h2c` spoke HTTP/2 with the site itself and wrote any
X-Forwarded-For. What asks for another protocol stays an HTTP/1.x request, and `entrance.guard`
refuses it.
"""

from hypercorn.protocol.h11 import H11Protocol


def keep_to_http1() -> None:
    """Never change the protocol of a connection, for all servers of this process."""
    # Hypercorn 0.18 has no setting: here it takes `Upgrade: h2c` and the preface of HTTP/2.
    H11Protocol._check_protocol = _accept  # type: ignore[assignment,method-assign]


async def _accept(_protocol: H11Protocol, _request: object) -> None:
    """Leave the request as it is."""
