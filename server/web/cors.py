"""CORS: only origins listed in CORS_ORIGINS may use the API.

Visitors have no cookies or passwords, so credentials are never allowed. quart-cors 0.8 marks
blueprints, which all applications of a process share whatever their settings, and
`refuse_foreign_origin` could not use it.
"""

from typing import Final

from quart import Quart, Response, request

from server.storage.urls import MEDIA_PATH

# No admin routes: browsers attach that login by themselves, whichever page sends the request.
PATHS: Final = ("/api/submissions", "/api/results/", "/api/availability", f"{MEDIA_PATH}/")
ANSWER: Final = {
    "Access-Control-Expose-Headers": "RateLimit, RateLimit-Policy, Retry-After",
}
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "DELETE, GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


def may_ask(origin: str, path: str, origins: tuple[str, ...]) -> bool:
    """Return whether a page of `origin` may use `path`; `origins` are those allowed."""
    return origin in origins and path.startswith(PATHS)


def allow_origins(app: Quart, origins: tuple[str, ...]) -> None:
    """Add CORS headers for these origins to the responses of `app`."""
    if not origins:
        return

    @app.after_request
    async def allow(response: Response) -> Response:
        if not request.path.startswith(PATHS):
            return response
        # Also without an Origin, so that a cache does not serve that response to another origin.
        response.vary.add("Origin")
        origin = request.headers.get("Origin", "")
        if may_ask(origin, request.path, origins):
            response.headers["Access-Control-Allow-Origin"] = origin
            is_preflight = "Access-Control-Request-Method" in request.headers
            is_preflight &= request.method == "OPTIONS"
            response.headers.update(PREFLIGHT if is_preflight else ANSWER)
        return response
