"""Logging: one structured line an event, JSON unless a terminal reads it.

No line holds a name, a photo, a key or a token; `short_id` is what is shown of a session id. What
libraries quote nevertheless is masked as the last thing before a line is written.
"""

import logging
import os
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from server.logs.redaction import Redactor

OUR_LOGGERS = ("server", "realtime", "renderer")
QUIET_LOGGERS = ("taskiq", "hypercorn", "httpx", "tortoise", "socketio", "engineio")


def configure_logging(level: str, secrets: Iterable[str] = (), *, output: TextIO) -> None:
    """Send our events and the libraries' warnings to `output` in one format.

    `secrets` are masked wherever they turn up, tracebacks included.
    """
    redactor = Redactor(secrets)

    def redact(_logger: WrappedLogger, _method: str, line: str | EventDict) -> str:
        return redactor.redact(str(line))

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    is_terminal = output.isatty()
    renderer: Processor = (
        # Its usual tracebacks show the values of variables, names and photos among them.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if is_terminal
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        cache_logger_on_first_use=True,
    )
    lines = logging.StreamHandler(output)
    tracebacks: list[Processor] = [] if is_terminal else [structlog.processors.format_exc_info]
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *tracebacks,
                renderer,
                redact,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [lines]
    # A library's debugging lines hold what it works on: rows, headers, bodies.
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level.upper()]))
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(level.upper())
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught


def open_missing_streams() -> None:
    """Point standard output and error at nothing where the process was started without them.

    The next file or socket would get their numbers, and the renderer's children write to these.
    """
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_WRONLY)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "w"))


def _log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    # Python itself would write the error's text as it is.
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    logging.getLogger(__name__).critical("uncaught", exc_info=(kind, error, traceback))


def short_id(session_id: str) -> str:
    """Return as much of a session id as a log may hold: it finds the row and opens no page."""
    return session_id[:8]
