"""Texts compressed for the browsers that take it: assets by the build, pages as they are drawn.

No page holds a secret, so that it does not matter that its length tells of its content.
quart-compress 0.2 compresses for `gzip;q=0`, leaves out error pages, and sends what it did not
compress without `Vary`.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quart import Quart, Response, request

from server.web.routes.media import send_media

SUFFIXES: Final = {"br": ".br", "gzip": ".gz"}
"""Content encoding -> what the build adds to a file's name; the first is the smaller one."""
GZIP_LEVEL: Final = 6


@dataclass(frozen=True)
class Asset:
    """A file of the client, and the same compressed, by content encoding."""

    path: Path
    compressed: Mapping[str, Path]


def list_assets(folder: Path) -> dict[str, Asset]:
    """Return the files of a folder by name."""
    paths = {path.name: path for path in folder.iterdir()}
    return {
        name: Asset(
            path,
            {
                encoding: paths[name + suffix]
                for encoding, suffix in SUFFIXES.items()
                if name + suffix in paths
            },
        )
        for name, path in paths.items()
        if path.suffix not in SUFFIXES.values()
    }


async def send_asset(asset: Asset) -> Response:
    """Send a file that never changes, compressed if the browser takes it so."""
    encoding = request.accept_encodings.best_match(asset.compressed)
    if encoding is None:
        response = await send_media(asset.path)
    else:
        response = await send_media(asset.compressed[encoding])
        response.headers["Content-Encoding"] = encoding
    if asset.compressed:
        response.vary.add("Accept-Encoding")
    return response


def compress_pages(app: Quart) -> None:
    """Compress every page of `app`, whichever view has drawn it."""

    @app.after_request
    async def compress(response: Response) -> Response:
        content = await response.get_data(as_text=False) if _is_page(response) else b""
        if not content:
            return response
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.best_match(["gzip"]):
            response.set_data(gzip.compress(content, GZIP_LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response


def _is_page(response: Response) -> bool:
    return response.mimetype == "text/html"
