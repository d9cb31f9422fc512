"""The `petsong` command: one verb for each process of the site, and two to look at it."""

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


class Complaints:
    """What went wrong, in one line on standard error, without the secrets it may quote."""

    def __init__(self) -> None:
        self.redact = Redactor().redact
        self._console = Console(stderr=True, soft_wrap=True, highlight=False)

    def print(self, text: str) -> None:
        """Write one complaint."""
        self._console.print(self.redact(text), markup=False)


# Before anything below takes hold of them.
open_missing_streams()
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
output = Console()
logger = structlog.get_logger(__name__)
complaints = Complaints()


@app.command()
def serve() -> None:
    """Serve the site; without Redis its workers and its clock run in the same process."""
    settings = _settings(log_to=sys.stdout)

    def announce() -> None:
        if not output.is_terminal:  # whoever collects it expects JSON alone
            logger.info("site_opened", port=settings.port, is_simulated=settings.is_simulated)
            return
        output.print(f"petsong is open: http://localhost:{settings.port}", highlight=False)
        if settings.is_simulated:
            output.print("SONAUTO_API_KEY is not set: songs come from the built-in demo composer.")

    _run(serve_site(settings, announce))


@app.command()
def worker(queue: Annotated[Queue, typer.Option(help="Which queue to work on.")]) -> None:
    """Work on one queue (needs Redis); any number may run, on any host."""
    _run(run_worker(_settings(log_to=sys.stdout), queue))


@app.command()
def scheduler() -> None:
    """Send the scheduled tasks (needs Redis); a second one does no harm."""
    _run(run_scheduler(_settings(log_to=sys.stdout)))


@app.command()
def migrate(
    to: Annotated[
        str | None, typer.Option(help="A step to go to, up or down: 0005, or `empty` for none.")
    ] = None,
) -> None:
    """Bring the database to the newest schema, or back to what an older release needs."""
    _run(migrate_database(_settings(), to))


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The tar file to write.")]) -> None:
    """Write database and files into one file, while the site runs on."""
    output.print(_run(back_up(_settings(), file)), highlight=False, soft_wrap=True)


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="What `backup` has written.")]) -> None:
    """Bring a backup into an installation without submissions, before its site is started."""
    output.print(_run(restore_backup(_settings(), file)), highlight=False, soft_wrap=True)


@app.command()
def status() -> None:
    """Show how many submissions stand where, and how the song account is."""
    table = Table("", "", show_header=False)
    settings = _settings("ERROR")
    redact = Redactor(settings.list_secrets()).redact
    for label, value in _run(read_status(settings)):
        table.add_row(label, redact(value))
    output.print(table)


@app.command()
def doctor() -> None:
    """Check everything the site needs, one line each; exit with 1 if something is missing."""
    settings = _settings("ERROR")
    findings = _run(examine(settings))
    redact = Redactor(settings.list_secrets()).redact
    table = Table(box=None, show_header=False)
    for finding in findings:
        text = escape(redact(finding.text))
        mark = "[green]ok[/]" if finding.is_ok else "[red]missing[/]"
        mark = "[yellow]warning[/]" if finding.is_warning else mark
        table.add_row(mark, finding.subject, text)
        if not output.is_terminal:  # a line each, for scripts
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
        raise _complain(error) from None
    secrets = settings.list_secrets()
    complaints.redact = Redactor(secrets).redact
    configure_logging(log_level or settings.log_level, secrets, output=log_to)
    return settings


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except (PetsongError, RenderError, OSError) as error:
        raise _complain(error) from None


def _complain(error: Exception) -> typer.Exit:
    complaints.print(f"petsong: {error}")
    return typer.Exit(2)
