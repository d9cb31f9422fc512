"""Logging: one structured line per event, as JSON unless the output is a terminal.

Lines contain no names, photos, keys or tokens; session ids are shortened by `short_id`. Whatever
libraries quote is masked last, just before a line is written.
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

    `secrets` are masked wherever they occur, including tracebacks.
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
        # Its default tracebacks show the values of variables, such as names and photos.
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
    # Debug lines of libraries contain data: rows, headers, bodies.
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level.upper()]))
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(level.upper())
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught


def open_missing_streams() -> None:
    """Open standard output and error on /dev/null if the process was started without them.

    Otherwise the next file or socket gets their numbers, and the renderer's children write to it.
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
    # Python itself would write the error without masking.
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    logging.getLogger(__name__).critical("uncaught", exc_info=(kind, error, traceback))


def short_id(session_id: str) -> str:
    """The part of a session id that may be logged: it finds the row but opens no page."""
    return session_id[:8]
