"""Secrets -> `***` in any text that is shown: log lines, tracebacks and complaints.

Nothing of ours writes one down; libraries quote addresses, bodies and headers in their errors.
"""

import json
import re
from collections.abc import Iterable
from typing import Final

MASK: Final = "***"
MIN_SECRET: Final = 8
"""What is shorter is no secret, and would mask half of a line."""

SHAPES: Final = (
    re.compile(r"sksonauto_[\w-]+()"),
    # A password in an address; the name before it stays.
    re.compile(r"(?<=://)([^\s/:@\"']*:)[^\s/@\"']+(?=@)"),
    # The token of a webhook, or whatever somebody has tried.
    re.compile(r"(/api/webhook/)[^\s\"'?,)\]}<>\\]+"),
    re.compile(r"(\b(?:Bearer|Basic) )[\w+/=.~-]{6,}", re.I),
    re.compile(r"(\bX-Amz-(?:Signature|Credential|Security-Token)=)[^&\s\"']+", re.I),
    # Of an id of ours, as in the names of files, as much is left as finds its row.
    re.compile(r"(?<![A-Za-z0-9])([a-z][a-z0-9]{7})[a-z0-9]{16}(?![A-Za-z0-9])"),
)


class Redactor:
    """Masks the given secrets, and whatever has the shape of one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= MIN_SECRET}
        # As JSON and as Python write them, too.
        spelled = {json.dumps(secret)[1:-1] for secret in known} | {
            repr(one)[1:-1] for one in known
        }
        longest_first = sorted(known | spelled, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def redact(self, text: str) -> str:
        """Return `text` without secrets."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for shape in SHAPES:
            text = shape.sub(rf"\1{MASK}", text)
        return text
