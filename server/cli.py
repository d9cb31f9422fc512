"""The `petsong` command: the processes of the site, and commands to maintain and inspect it."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TextIO, TypeVar

import structlog
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from renderer import RenderError
from server.commands.backup import back_up
from server.commands.doctor import examine, read_status
from server.commands.production import check_production
from server.commands.restore import restore as restore_backup
from server.database.schema import migrate as migrate_database
from server.errors import PetsongError
from server.logs.log import configure_logging, open_missing_streams
from server.logs.redaction import Redactor
from server.pipeline.broker import Queue
from server.settings import Settings, load_settings
from server.site import serve as serve_site
from server.workers import run_scheduler, run_worker

Result = TypeVar("Result")


class ErrorConsole:
    """Prints errors in one line on standard error, with secrets masked."""

    def __init__(self) -> None:
        self.redact = Redactor().redact
        self._console = Console(stderr=True, soft_wrap=True, highlight=False)

    def print(self, text: str) -> None:
        self._console.print(self.redact(text), markup=False)


# Before anything below uses the streams.
open_missing_streams()
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
output = Console()
logger = structlog.get_logger(__name__)
errors = ErrorConsole()


@app.command()
def serve() -> None:
    """Serve the site; without Redis, workers and scheduler run in the same process."""
    settings = _settings(log_to=sys.stdout)

    def announce() -> None:
        if not output.is_terminal:  # log collectors expect only JSON
            logger.info("site_opened", port=settings.port, is_simulated=settings.is_simulated)
            return
        output.print(f"petsong is open: http://localhost:{settings.port}", highlight=False)
        if settings.is_simulated:
            output.print("SONAUTO_API_KEY is not set: songs come from the built-in simulator.")

    _run(serve_site(settings, announce))


@app.command()
def worker(queue: Annotated[Queue, typer.Option(help="The queue to work on.")]) -> None:
    """Run the tasks of one queue (needs Redis); any number of workers may run, on any host."""
    _run(run_worker(_settings(log_to=sys.stdout), queue))


@app.command()
def scheduler() -> None:
    """Enqueue the scheduled tasks (needs Redis); a second scheduler does no harm."""
    _run(run_scheduler(_settings(log_to=sys.stdout)))


@app.command()
def migrate(
    to: Annotated[
        str | None,
        typer.Option(help="The step to go to, up or down: 0005, or `empty` for none."),
    ] = None,
) -> None:
    """Migrate the database to the newest schema, or back to that of an older release."""
    _run(migrate_database(_settings(), to))


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The tar file to write.")]) -> None:
    """Back up database and files to one tar file, while the site is running."""
    output.print(_run(back_up(_settings(), file)), highlight=False, soft_wrap=True)


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A file written by `backup`.")]) -> None:
    """Restore a backup into an installation without submissions, before its site is started."""
    output.print(_run(restore_backup(_settings(), file)), highlight=False, soft_wrap=True)


@app.command()
def status() -> None:
    """Show the number of submissions per stage, the workers, credits and storage."""
    table = Table("", "", show_header=False)
    settings = _settings("ERROR")
    redact = Redactor(settings.list_secrets()).redact
    for label, value in _run(read_status(settings)):
        table.add_row(label, redact(value))
    output.print(table)


@app.command()
def doctor() -> None:
    """Check everything the site needs.

    Exits 1 if a check fails; warnings don't affect the exit status.
    """
    settings = _settings("ERROR")
    findings = _run(examine(settings))
    redact = Redactor(settings.list_secrets()).redact
    table = Table(box=None, show_header=False)
    for finding in findings:
        text = escape(redact(finding.text))
        mark = "[green]ok[/]" if finding.is_ok else "[red]missing[/]"
        mark = "[yellow]warning[/]" if finding.is_warning else mark
        table.add_row(mark, finding.subject, text)
        if not output.is_terminal:  # one line per check, for scripts
            line = f"{mark:>12} {finding.subject}: {text}"
            output.print(line, highlight=False, soft_wrap=True)
    if output.is_terminal:
        output.print(table)
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(1)


def _settings(log_level: str | None = None, *, log_to: TextIO = sys.stderr) -> Settings:
    try:
        settings = load_settings()
        check_production(settings)
    except PetsongError as error:
        raise _exit_with(error) from None
    secrets = settings.list_secrets()
    errors.redact = Redactor(secrets).redact
    configure_logging(log_level or settings.log_level, secrets, output=log_to)
    return settings


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except (PetsongError, RenderError, OSError) as error:
        raise _exit_with(error) from None


def _exit_with(error: Exception) -> typer.Exit:
    errors.print(f"petsong: {error}")
    return typer.Exit(2)
