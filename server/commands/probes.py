"""The network probes of `petsong doctor`; each ends within seconds."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from server.clock import read_host_time

TIMEOUT_S: Final = 5.0


async def measure_skew(url: str) -> float | None:
    """Seconds by which this host's clock is ahead of the server at `url`.

    None if the response has no date. Raises OSError if the server does not respond.
    """
    told = (await _get(url)).headers.get("Date", "")
    try:
        return skew_to(parsedate_to_datetime(told))
    except (ValueError, TypeError):
        return None


async def is_alive(base_url: str) -> bool:
    """Return whether our site responds at `base_url`; raises OSError if nothing does."""
    answer = await _get(f"{base_url.rstrip('/')}/api/health/live")
    return answer.is_success and '"alive"' in answer.text


def skew_to(moment: datetime) -> float:
    """Seconds by which this host's clock is ahead of `moment`, the current time elsewhere."""
    return (read_host_time() - moment).total_seconds()


async def _get(url: str) -> httpx.Response:
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            return await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"{type(error).__name__}") from error
