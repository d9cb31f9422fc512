"""Logging: one structured line an event, JSON unless a terminal reads it.

No line holds a name, a photo, a key or a token; `short_id` is what is shown of a session id.
"""

import logging
import sys

import structlog
from structlog.typing import Processor

QUIET_LOGGERS = ("taskiq", "hypercorn.access", "httpx", "tortoise", "socketio", "engineio")


def configure_logging(level: str) -> None:
    """Send our events and the libraries' warnings to standard error in one format."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    is_terminal = sys.stderr.isatty()
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        cache_logger_on_first_use=True,
    )
    output = logging.StreamHandler(sys.stderr)
    tracebacks: list[Processor] = [] if is_terminal else [structlog.processors.format_exc_info]
    output.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *tracebacks,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(level.upper())
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def short_id(session_id: str) -> str:
    """Return as much of a session id as a log may hold: it finds the row and opens no page."""
    return session_id[:8]
