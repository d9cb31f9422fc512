"""A webhook's token, `17-Q4TOTVyDn_QN8WkW1QoJ5A`: a generation attempt's id and its secret.

The id finds the row. The secret is looked up nowhere: its hash, all that is stored of it, is
compared in constant time.
"""

import hashlib
import hmac
import secrets

from server.submissions.model import GenerationAttempt

MAX_ID = 2**31 - 1
NO_ATTEMPT = 0
"""The id of no generation attempt."""
NO_HASH = "0" * 64
"""What the secret of an attempt that does not exist is compared with; the hash of nothing known."""


def new_secret() -> str:
    """Return 128 random bits, URL-safe."""
    return secrets.token_urlsafe(16)


def secret_hash(secret: str) -> str:
    """Return the SHA-256 of a token's secret in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token_of(attempt_id: int, secret: str) -> str:
    """Return the token that goes into the webhook's address."""
    return f"{attempt_id}-{secret}"


def read_attempt_id(text: str) -> int:
    """Return the id that `text` is, or NO_ATTEMPT."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID))
    return int(text) if is_number and int(text) <= MAX_ID else NO_ATTEMPT


async def find_attempt(token: str) -> GenerationAttempt | None:
    """Return the attempt that `token` was made for; None for what is no token of ours.

    One statement and one comparison, whatever the token.
    """
    number, _, secret = token.partition("-")
    attempt = await GenerationAttempt.get_or_none(id=read_attempt_id(number))
    is_proven = hmac.compare_digest(secret_hash(secret), attempt.token_hash if attempt else NO_HASH)
    return attempt if is_proven else None
