"""Measures how fast bad input is rejected, and whether timing reveals which part was right.

One `petsong serve` on PostgreSQL and Redis; one request at a time on one connection, the kinds in
turn, each login from a different address.
"""

import gzip
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Final

import httpx

from benchmarks.measurement import Options, Series
from benchmarks.stack import open_stack

SECRET: Final = "password-of-the-benchmarks"
TIMES: Final = 200
QUICK_TIMES: Final = 3
SUMMARIES: Final[Mapping[str, Callable[[list[float]], float]]] = {"median": median, "largest": max}

JSON: Final = {"Content-Type": "application/json"}
FORM: Final = '{"pet_name": "Toby"}'
BODIES: Final[Mapping[str, tuple[bytes, Mapping[str, str]]]] = {
    "nothing": (b"", JSON),
    "half an object": (b"{", JSON),
    "an array": (b"[]", JSON),
    "NaN": (b'{"pet_name": NaN}', JSON),
    "100,000 arrays in each other": (b"[" * 100_000, JSON),
    "100,000 objects in each other": (b'{"a":' * 100_000, JSON),
    "a key twice": (b'{"pet_name": "Toby", "pet_name": "Rex"}', JSON),
    "UTF-16": (FORM.encode("utf-16"), JSON),
    "a byte order mark": (b"\xef\xbb\xbf" + FORM.encode(), JSON),
    "10 MB as gzip": (gzip.compress(b" " * 10_000_000), JSON | {"Content-Encoding": "gzip"}),
    "another type": (FORM.encode(), {"Content-Type": "text/plain"}),
}
LOGINS: Final[Mapping[str, tuple[str, str] | None]] = {
    "none": None,
    "both wrong": ("somebody", "something"),
    "the password wrong": ("admin", "something"),
    "all but its last letter": ("admin", SECRET[:-1] + "x"),
    "the name wrong": ("somebody", SECRET),
}


async def measure(options: Options) -> list[Series]:
    """Send every body and every login in turn, many times."""
    times = QUICK_TIMES if options.is_quick else TIMES
    repeats = [await _measure_once(times) for _ in range(options.repeats)]
    return [
        Series(kind, [summarise(repeat[kind]) for repeat in repeats], case=case)
        for kind in repeats[0]
        for case, summarise in SUMMARIES.items()
    ]


async def _measure_once(times: int) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_stack(Path(folder), ADMIN_PASSWORD=SECRET, TRUSTED_PROXY_HOPS="1") as stack,
            httpx.AsyncClient(base_url=stack.webs[0].url, trust_env=False) as http,
        ):
            requests = _build_requests(http)
            found: dict[str, list[float]] = {kind: [] for kind in requests}
            for number in range(times + 1):
                for kind, request in requests.items():
                    request.headers["X-Forwarded-For"] = f"10.{number >> 8}.{number & 255}.1"
                    start = time.perf_counter()
                    try:
                        answer = await http.send(request)
                    except httpx.RemoteProtocolError:
                        continue  # rejected unread, on a connection closed by the last one
                    if number:  # the first of each kind warms up
                        found[kind].append(time.perf_counter() - start)
                    if answer.status_code not in (400, 401, 415):
                        raise RuntimeError(f"{kind} was answered {answer.status_code}")
            return found


def _build_requests(http: httpx.AsyncClient) -> dict[str, httpx.Request]:
    bodies = {
        f"body: {name}": http.build_request(
            "POST", "/api/submissions", content=body, headers=headers
        )
        for name, (body, headers) in BODIES.items()
    }
    logins = {
        f"login: {name}": _build_login(http, login and httpx.BasicAuth(*login))
        for name, login in LOGINS.items()
    }
    return bodies | logins


def _build_login(http: httpx.AsyncClient, auth: httpx.BasicAuth | None) -> httpx.Request:
    request = http.build_request("GET", "/api/admin/queue-status")
    return next(auth.auth_flow(request)) if auth else request
