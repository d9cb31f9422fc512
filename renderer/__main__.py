"""`python -m renderer PHOTO SONG OUT`: renders one video from the command line, without the site.

Exit codes: 0 done, 1 the video could not be made, 2 the photo, song or encoder is unusable.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from renderer.encoders import ENCODERS
from renderer.errors import RenderError
from renderer.jobs import AUTO, RenderJob, RenderReport, Video
from renderer.render import render
from renderer.spec import FORMATS


def main(arguments: list[str] | None = None) -> int:
    """Render one video and return the exit code."""
    asked = _parse(arguments)
    console = Console(stderr=True, highlight=False)
    video = Video(asked.out, FORMATS[asked.format])
    job = RenderJob(asked.photo, asked.song, (video,), asked.encoder)
    try:
        with _show_progress(console) as on_progress:
            report = render(job, on_progress)
    except RenderError as error:
        console.print(f"renderer: {error}", style="red", markup=False, soft_wrap=True)
        return 1 if error.can_retry else 2
    except KeyboardInterrupt:
        console.print("renderer: stopped, nothing was written", style="red")
        return 130
    if asked.json:
        print(json.dumps(asdict(report)))
        return 0
    (made,) = report.videos
    console.print(
        f"{video.out}: {video.spec.width_px}x{video.spec.height_px}, {report.duration_s:.1f} s, "
        f"{made.frames} frames, {made.size_bytes / 1e6:.1f} MB, {made.encoder}",
        markup=False,
        soft_wrap=True,
    )
    if made.fallback and asked.encoder != AUTO:
        console.print(f"renderer: {made.fallback}", style="yellow", markup=False, soft_wrap=True)
    if asked.timings:
        console.print(_tabulate(report))
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m renderer",
        description="Render a video of a pet's photo on a spinning record, as long as a song.",
    )
    parser.add_argument(
        "photo", type=Path, metavar="PHOTO", help="JPEG, PNG, WebP or GIF, cropped to a square"
    )
    parser.add_argument("song", type=Path, metavar="SONG", help="MP3")
    parser.add_argument("out", type=Path, metavar="OUT", help="the MP4 to write")
    parser.add_argument("--format", choices=FORMATS, default="square", help="default: square")
    parser.add_argument("--encoder", choices=[AUTO, *ENCODERS], default=AUTO)
    parser.add_argument("--timings", action="store_true", help="show how long each phase took")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser.parse_args(arguments)


@contextmanager
def _show_progress(console: Console) -> Iterator[Callable[[float], None] | None]:
    """Show a progress bar on a terminal."""
    if not console.is_terminal:
        yield None
        return
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("Rendering", total=1.0)
        yield lambda share: progress.update(bar, completed=share)


def _tabulate(report: RenderReport) -> Table:
    table = Table("phase", "seconds")
    table.columns[1].justify = "right"
    for phase, seconds in report.timings.items():
        table.add_row(phase, f"{seconds:.3f}")
    table.add_row("total", f"{sum(report.timings.values()):.3f}", style="bold")
    return table


if __name__ == "__main__":
    sys.exit(main())
