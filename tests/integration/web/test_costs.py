"""The cost of one request to each route without a rate limit, in every method.

The bound is of CPU time, and the best of several tries counts, so a busy machine cannot fail it.
"""

import time
from collections.abc import Iterator

import pytest
from quart import Quart
from werkzeug.routing import Rule as Route

from server.limits import Rule
from server.services import Services
from server.storage import write_file
from server.submissions.lifecycle import Stage
from server.web.limiting import MARK
from tests.integration.conftest import Client
from tests.integration.web.forms import SESSION_ID, store_submission

MAX_CPU_S = 0.020
TRIES = 7
LYRICS = "\n".join(f"[00:{second:02}.00]La la la" for second in range(60))
BODY = b"[" + b"{}," * 21_000 + b"{}]"
"""As much as a route without a limit reads, in the form that takes the longest."""
HEADERS = {"Accept-Encoding": "gzip", "Content-Type": "application/json"}
PIECE = {"Range": "bytes=0-65535"}
"""As players ask: what more a video costs is bytes, and whoever asks must receive them."""
VIDEO_BYTES = 20_000_000
NAMES = {"pages.get_asset": "style-1234.css", "pages.get_file": "favicon.svg"}


def list_unlimited(app: Quart) -> Iterator[tuple[str, str]]:
    """Yield the method and the path of every request without a limit."""
    for route in app.url_map.iter_rules():
        if not isinstance(getattr(app.view_functions[route.endpoint], MARK), Rule):
            for method in sorted(route.methods or ()):
                yield method, fill(app, route)


def fill(app: Quart, route: Route) -> str:
    values = {name: NAMES.get(route.endpoint, SESSION_ID) for name in route.arguments}
    return str(app.url_map.bind("localhost").build(route.endpoint, values))


async def measure(client: Client, method: str, path: str) -> float:
    """Return the CPU seconds of the cheapest of several tries."""
    seconds = []
    for _ in range(TRIES):
        started_at = time.process_time()
        response = await getattr(client, method.lower())(
            path,
            data=BODY if method == "POST" else None,
            headers=HEADERS | (PIECE if method == "GET" else {}),
        )
        await response.get_data(as_text=False)
        seconds.append(time.process_time() - started_at)
        assert response.status_code in (200, 206, 400, 404, 503), (method, path)
    return min(seconds)


@pytest.fixture
async def song(services: Services) -> None:
    """A finished song with all its files."""
    storage = services.storage
    for path in (storage.video(SESSION_ID, "square"), storage.teaser(SESSION_ID)):
        write_file(path, bytes(VIDEO_BYTES))
    for path in (storage.preview(SESSION_ID, "square"), storage.poster(SESSION_ID)):
        write_file(path, bytes(200_000))
    write_file(storage.card(SESSION_ID), bytes(200_000))
    await store_submission(Stage.READY, lyrics=LYRICS)


@pytest.mark.fault(103)
async def test_no_unlimited_request_costs_much(client: Client, song: None) -> None:
    costs = {
        f"{method} {path}": await measure(client, method, path)
        for method, path in list_unlimited(client.app)
    }

    assert len(costs) > 40
    assert {"GET /docs", "GET /openapi.json", "POST /api/webhook"} <= costs.keys()
    dear = {request: cost for request, cost in costs.items() if cost > MAX_CPU_S}
    assert not dear
