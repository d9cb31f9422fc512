"""Webhook tokens: the id of a generation attempt and a secret, `17-Q4TOTVyDn_QN8WkW1QoJ5A`.

The row is found by id. Only the secret's hash is stored, and it is compared in constant time.
"""

import hashlib
import hmac
import secrets

from server.submissions.model import GenerationAttempt

MAX_ID = 2**31 - 1
NO_ATTEMPT = 0
"""An id that no generation attempt has."""
NO_HASH = "0" * 64
"""Compared with the secret if the attempt does not exist; no known secret has this hash."""


def new_secret() -> str:
    """128 random bits, URL-safe."""
    return secrets.token_urlsafe(16)


def secret_hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def token_of(attempt_id: int, secret: str) -> str:
    return f"{attempt_id}-{secret}"


def read_attempt_id(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID))
    return int(text) if is_number and int(text) <= MAX_ID else NO_ATTEMPT


async def find_attempt(token: str) -> GenerationAttempt | None:
    """Find the attempt that `token` was made for; None for a token that is not ours.

    It takes one statement and one comparison, whatever the token.
    """
    number, _, secret = token.partition("-")
    attempt = await GenerationAttempt.get_or_none(id=read_attempt_id(number))
    is_proven = hmac.compare_digest(secret_hash(secret), attempt.token_hash if attempt else NO_HASH)
    return attempt if is_proven else None
