"""`python -m server.photos.child ALARM_S LIMIT`: a warm process that cleans photos one by one.

Standard input: a length on a line, then as many bytes of base64. Standard output: a length and a
JPEG, or `0` for a rejected photo. The process knows no secret of the site. It ends with its input,
or ALARM_S seconds after it was given a photo it cannot finish.
"""

import os
import resource
import signal
import sys
from typing import BinaryIO

from PIL import Image

from server.errors import FormRejected
from server.photos.cleaning import clean_photo


def serve(requests: BinaryIO, answers: BinaryIO, alarm_s: int) -> None:
    """Send an empty answer when ready, then answer every photo until the input ends."""
    _send(answers, b"")
    for line in requests:
        if not line.strip():
            continue  # a check whether this process is alive
        # The parent kills it earlier; this is for a child whose parent was killed.
        signal.alarm(alarm_s)
        _send(answers, _clean(requests.read(int(line))))
        signal.alarm(0)


def _clean(text: bytes) -> bytes:
    try:
        return clean_photo(text.decode())
    except FormRejected:
        return b""


def _send(answers: BinaryIO, jpeg: bytes) -> None:
    answers.write(b"%d\n" % len(jpeg) + jpeg)
    answers.flush()


def _limit(memory_bytes: int) -> None:
    # A core dump would contain the photo.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def main() -> None:
    """Serve on the standard streams; output of libraries goes to standard error instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Image.preinit()
    _limit(int(sys.argv[2]))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers, int(sys.argv[1]))


if __name__ == "__main__":
    main()
