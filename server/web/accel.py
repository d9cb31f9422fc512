"""Files that the proxy in front sends for us, once a view has let somebody in.

The answer names a file of the folder that both know; the proxy keeps its headers, puts in the
file or the range of it that was asked for, and hides the name.
"""

import mimetypes
from pathlib import Path
from urllib.parse import quote

from quart import Response


def hand_over(path: Path, proxy: str) -> Response:
    """Return the answer that makes `proxy` send a file; deploy/ has the other half."""
    response = Response(b"", content_type=mimetypes.guess_type(path.name)[0])
    if proxy == "nginx":
        response.headers["X-Accel-Redirect"] = f"/files/{path.parent.name}/{path.name}"
    else:
        response.headers["X-Sendfile"] = quote(str(path))
    return response
