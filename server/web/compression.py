"""Compresses responses: assets at build time, pages as they are rendered.

Pages contain no secrets, so compression does not leak any (BREACH). quart-compress 0.2 compresses
for `gzip;q=0`, skips error pages, and sends uncompressed responses without `Vary`.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quart import Quart, Response, request

from server.web.routes.media import send_media

SUFFIXES: Final = {"br": ".br", "gzip": ".gz"}
"""Content encoding -> suffix that the build adds to file names, best compression first."""
GZIP_LEVEL: Final = 6


@dataclass(frozen=True)
class Asset:
    """A file of the client and its compressed versions by content encoding."""

    path: Path
    compressed: Mapping[str, Path]


def list_assets(folder: Path) -> dict[str, Asset]:
    """The files of a folder by name, each with its compressed versions."""
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
    """Send an immutable file, compressed if the browser accepts it."""
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
    """Compress all HTML responses of `app`."""

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
