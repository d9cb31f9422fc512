"""Masks secrets with `***` in any output: log lines, tracebacks and error messages.

Our code writes no secrets; libraries quote URLs, bodies and headers in their errors.
"""

import json
import re
from collections.abc import Iterable
from typing import Final

from server.settings import WEBHOOK_PATH

MASK: Final = "***"
MIN_SECRET: Final = 8
"""Shorter values are not secrets; masking them would mask half of a line."""

SHAPES: Final = (
    re.compile(r"sksonauto_[\w-]+()"),
    # A password in a URL; the user name stays.
    re.compile(r"(?<=://)([^\s/:@\"']*:)[^\s/@\"']+(?=@)"),
    # The token of a webhook, valid or not.
    re.compile(rf"({WEBHOOK_PATH}/)[^\s\"'?,)\]}}<>\\]+"),
    re.compile(r"(\b(?:Bearer|Basic) )[\w+/=.~-]{6,}", re.I),
    re.compile(r"(\bX-Amz-(?:Signature|Credential|Security-Token)=)[^&\s\"']+", re.I),
    # One of our ids, for example in a file name; the part that finds its row stays.
    re.compile(r"(?<![A-Za-z0-9])([a-z][a-z0-9]{7})[a-z0-9]{16}(?![A-Za-z0-9])"),
)


class Redactor:
    """Masks the given secrets, and anything that looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= MIN_SECRET}
        # Also as escaped in JSON and in Python's repr.
        spelled = {json.dumps(secret)[1:-1] for secret in known} | {
            repr(one)[1:-1] for one in known
        }
        longest_first = sorted(known | spelled, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def redact(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for shape in SHAPES:
            text = shape.sub(rf"\1{MASK}", text)
        return text
