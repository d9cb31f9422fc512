"""Security headers for every response: pages, errors, media and WebSocket handshakes.

They are added outside the application, so that no response lacks them.
"""

from collections.abc import Mapping
from typing import Any, Final

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

STARTS: Final = ("http.response.start", "websocket.http.response.start", "websocket.accept")


def content_security_policy(media_origin: str | None) -> str:
    """The Content-Security-Policy of a site that loads videos and images from `media_origin`.

    None means from the site itself. Browsers check the policy again after a redirect.
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
            "base-uri 'none'",
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
STRICT_TRANSPORT_SECURITY: Final = "max-age=31536000; includeSubDomains"
"""One year, including subdomains, as required by ASVS 3.4.1."""


class SecurityHeaders:
    """Wraps `app` and adds each header that a response does not set itself.

    Over HTTPS, which may be reported by a trusted proxy, it also adds Strict-Transport-Security.
    """

    def __init__(self, app: ASGIFramework, media_origin: str | None = None) -> None:
        self._app = app
        policy = content_security_policy(media_origin)
        self._headers = encode(SECURITY_HEADERS | {"Content-Security-Policy": policy})
        self._strict = encode({"Strict-Transport-Security": STRICT_TRANSPORT_SECURITY})

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        is_secure = scope.get("scheme") in ("https", "wss")
        headers = self._headers | self._strict if is_secure else self._headers

        async def send_with_headers(event: Any) -> None:
            if event["type"] in STARTS:
                given = list(event.get("headers", ()))
                names = {name.lower() for name, _ in given}
                missing = [pair for pair in headers.items() if pair[0] not in names]
                event = {**event, "headers": given + missing}
            await send(event)

        await self._app(scope, receive, send_with_headers)


def encode(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.lower().encode(): value.encode() for name, value in headers.items()}
