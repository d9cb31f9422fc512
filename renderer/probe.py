"""Finds out which encoders work on this machine, by encoding with them once.

A driver may be installed without an encoder behind it, as on NVIDIA's A100 or H100, so only frames
that were actually encoded count.
"""

import logging
from functools import cache
from itertools import islice

import numpy as np

from renderer.encoders import ENCODERS, SOFTWARE, encode_loop_frames
from renderer.errors import EncoderUnavailable
from renderer.jobs import AUTO, Choice
from renderer.loop_frames import compose_loop
from renderer.spec import RenderSpec

log = logging.getLogger(__name__)

_FRAMES = 4


def choose(name: str = AUTO) -> Choice:
    """The encoder for `name`: itself if it works; for "auto" the first that works.

    Raises `EncoderUnavailable` for an unknown name, or a requested encoder that does not work.
    """
    if name != AUTO:
        if name not in ENCODERS:
            raise EncoderUnavailable(
                f"unknown encoder {name!r}; choose {AUTO}, {', '.join(ENCODERS)}"
            )
        if reason := probe(name):
            raise EncoderUnavailable(f"{name} does not open here ({reason}); use {AUTO}")
        return Choice(name)
    reasons: list[str] = []
    for candidate in ENCODERS:
        if not (reason := probe(candidate)):
            return Choice(candidate, "; ".join(reasons) or None)
        reasons.append(f"{candidate}: {reason}")
    raise EncoderUnavailable(f"no H.264 encoder opens here: {'; '.join(reasons)}")


def replace_broken(choice: Choice, error: Exception) -> Choice | None:
    """The encoder for a job whose encoder broke; None if there is no other."""
    if choice.encoder == SOFTWARE:
        return None
    reason = f"{choice.encoder} broke: {describe(error)}"
    log.warning("%s; this job continues with %s", reason, SOFTWARE)
    return Choice(SOFTWARE, reason)


def describe(error: Exception) -> str:
    """The message of the driver or library, on one line."""
    words = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    if last_words := getattr(error, "log", None):
        words += f": {last_words[2]}"
    return " ".join(words.split())


@cache
def probe(name: str) -> str | None:
    """Encode the first frames of a video; None if that works, else the reason.

    The result is cached for the life of the process.
    """
    spec = RenderSpec()
    photo = np.full((spec.pet_size_px, spec.pet_size_px, 3), 128, np.uint8)
    try:
        encode_loop_frames(islice(compose_loop(photo, spec), _FRAMES), name, spec)
    except Exception as error:  # drivers fail in many ways; each means unavailable
        reason = describe(error)
        log.info("encoder %s is not available: %s", name, reason)
        return reason
    return None
