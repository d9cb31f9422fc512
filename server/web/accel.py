"""Lets the reverse proxy send files (X-Accel-Redirect, X-Sendfile) once a view has allowed it.

The response names a file in a folder that both can read. The proxy keeps our headers, sends the
file or the requested range, and hides the name.
"""

import mimetypes
from pathlib import Path
from urllib.parse import quote

from quart import Response


def send_by_proxy(path: Path, proxy: str) -> Response:
    """The response that makes `proxy` send a file; deploy/ has the proxy's configuration."""
    response = Response(b"", content_type=mimetypes.guess_type(path.name)[0])
    if proxy == "nginx":
        response.headers["X-Accel-Redirect"] = f"/files/{path.parent.name}/{path.name}"
    else:
        response.headers["X-Sendfile"] = quote(str(path))
    return response
