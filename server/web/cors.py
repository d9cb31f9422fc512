"""Pages of other sites that may use the API: those that CORS_ORIGINS lists, and no others.

They send no cookies or passwords along (there is none that a browser keeps), so credentials are
never allowed; the operator's endpoints and the webhook are not for browsers at all.
"""

from typing import Final

from quart import Quart, Response, request

PATHS: Final = ("/api/submissions", "/api/results/", "/api/availability", "/storage/")
ANSWER: Final = {
    "Access-Control-Expose-Headers": "RateLimit, RateLimit-Policy, Retry-After",
}
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "DELETE, GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


def allow_origins(app: Quart, origins: tuple[str, ...]) -> None:
    """Let pages of these origins read what `app` answers them."""
    if not origins:
        return

    @app.after_request
    async def allow(response: Response) -> Response:
        if not request.path.startswith(PATHS):
            return response
        # Also without an origin, lest a cache gives that answer to a page that has one.
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            is_preflight = "Access-Control-Request-Method" in request.headers
            is_preflight &= request.method == "OPTIONS"
            response.headers.update(PREFLIGHT if is_preflight else ANSWER)
        return response
