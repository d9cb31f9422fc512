"""What every answer tells the browser to refuse, errors and media included."""

from typing import Final

from quart import Quart, Response


def content_security_policy(media_origin: str | None) -> str:
    """Return the policy of a site whose films and pictures are fetched from `media_origin`.

    None is the site itself. A browser asks the policy again where it is redirected to.
    """
    media = f"'self' {media_origin}" if media_origin else "'self'"
    return "; ".join(
        (
            "default-src 'self'",
            f"img-src {media} blob:",
            f"media-src {media}",
            # Covers the WebSocket too: in CSP 3, 'self' includes ws: and wss: on the same host.
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


SECURITY_HEADERS: Final = {
    "Content-Security-Policy": content_security_policy(None),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def add_security_headers(app: Quart, media_origin: str | None) -> None:
    """Add to every answer of `app` what its view has not set otherwise."""
    headers = SECURITY_HEADERS | {"Content-Security-Policy": content_security_policy(media_origin)}

    @app.after_request
    async def add_missing(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response
