"""New public identifiers and the shape they have; a path is built only from an id that has it."""

import re

from cuid2 import create_id

SESSION_ID = re.compile(r"[a-z][a-z0-9]{23}")
COOKIE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_session_id() -> str:
    """Return an unguessable id of 24 characters `[a-z0-9]` that names a submission in public."""
    return create_id()


def new_cookie_id() -> str:
    """Return a new browser id, `cookie_` and 24 characters, under which submissions are counted."""
    return f"cookie_{create_id()}"


def is_session_id(text: str) -> bool:
    """Say whether `text` can be a session id; anything else names no file and no row."""
    return SESSION_ID.fullmatch(text) is not None
