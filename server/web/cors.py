"""Pages of other sites that may use the API: those that CORS_ORIGINS lists, and no others.

Visitors have no cookies or passwords to send along, so credentials are never allowed. quart-cors
0.8 marks blueprints, which all applications of a process share whatever their settings, and cannot
tell `refuse_foreign_origin` who may ask.
"""

from typing import Final

from quart import Quart, Response, request

# Nothing of the operator's: browsers send that login along by themselves, whichever page asks.
PATHS: Final = ("/api/submissions", "/api/results/", "/api/availability", "/storage/")
ANSWER: Final = {
    "Access-Control-Expose-Headers": "RateLimit, RateLimit-Policy, Retry-After",
}
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "DELETE, GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


def may_ask(origin: str, path: str, origins: tuple[str, ...]) -> bool:
    """Say whether a page of `origin` may use what is at `path`, `origins` being those listed."""
    return origin in origins and path.startswith(PATHS)


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
        origin = request.headers.get("Origin", "")
        if may_ask(origin, request.path, origins):
            response.headers["Access-Control-Allow-Origin"] = origin
            is_preflight = "Access-Control-Request-Method" in request.headers
            is_preflight &= request.method == "OPTIONS"
            response.headers.update(PREFLIGHT if is_preflight else ANSWER)
        return response
