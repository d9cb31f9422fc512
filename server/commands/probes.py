"""What `petsong doctor` asks others over the network; each question ends within seconds."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from server.clock import read_host_time

TIMEOUT_S: Final = 5.0


async def measure_skew(url: str) -> float | None:
    """Return by how many seconds this host's clock is ahead of the server at `url`.

    None if that tells no time. Raises OSError when it does not answer.
    """
    told = (await _get(url)).headers.get("Date", "")
    try:
        return skew_to(parsedate_to_datetime(told))
    except (ValueError, TypeError):
        return None


async def is_alive(base_url: str) -> bool:
    """Say whether a site of ours answers at `base_url`; raises OSError when nobody does."""
    answer = await _get(f"{base_url.rstrip('/')}/api/health/live")
    return answer.is_success and '"alive"' in answer.text


def skew_to(moment: datetime) -> float:
    """Return by how many seconds this host's clock is ahead of another's `moment`, which is now."""
    return (read_host_time() - moment).total_seconds()


async def _get(url: str) -> httpx.Response:
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            return await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"{type(error).__name__}") from error
