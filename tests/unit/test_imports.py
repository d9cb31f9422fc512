"""Which way imports flow, and where each library lives."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.sources import Import, is_within, list_imports, read_imports

# Which of our own folders each folder may import, besides itself.
FOLDERS: Mapping[str, set[str]] = {
    "server": {"realtime", "renderer", "migrations"},
    "realtime": set(),
    "renderer": set(),
    "migrations": set(),
    # The benchmarks stand in for the song service (journey) and for a worker (push).
    "benchmarks": {"realtime", "renderer", "server.simulator"},
}

# The packages and modules of the server, top to bottom: each imports its own layer and those below.
LAYERS: tuple[set[str], ...] = (
    {"__main__", "cli", "site", "workers", "commands", "serving"},
    {"web", "pipeline"},
    {"reports"},
    {"submissions"},
    {"services"},
    {"songs", "storage", "photos", "limits"},
    {"database"},
    {"settings", "errors", "clock", "ids", "words", "logs", "process"},
    {"setting_types"},
)
SEPARATE = ({"web", "pipeline"},)  # in one layer, but they never import each other
SIMULATOR_STARTERS = {"server.cli", "server.site"}

# Each library has one home, so that replacing it affects one place.
HOMES: Mapping[str, set[str]] = {
    # asgi.py wraps the application that app.py makes.
    "quart": {"server.web", "server.serving.app", "server.serving.asgi", "server.simulator"},
    "quart_schema": {"server.web", "server.serving.app"},
    # site.py runs the brokers that pipeline/ makes inside the web server's own process.
    "taskiq": {"server.pipeline", "server.site"},
    "taskiq_redis": {"server.pipeline"},
    "socketio": {"realtime", "server.serving.asgi"},
    "httpx": {
        *(
            "server.songs.sonauto",
            "server.songs.song_files",
            "server.songs.answers",
            "server.commands.probes",
            "server.songs.public_addresses",
        ),
        "server.simulator",
    },
    "av": {"renderer", "server.simulator"},
    "cv2": {"renderer", "server.simulator"},
    "prometheus_client": {"server.web.routes.metrics"},
    "numpy": {"renderer", "server.simulator"},
    "obstore": {"server.storage.bucket"},
}
RENDERERS_OWN = {"av", "cv2", "mutagen", "numpy"}
HOMELESS = {"benchmarks"}  # measures libraries as they are


def show(found: list[str]) -> str:
    return "\n".join(["", *found])


def find_layer(package: str) -> int | None:
    return next((number for number, packages in enumerate(LAYERS) if package in packages), None)


def find_wrong_layer(found: Import) -> str:
    """Say what is wrong with an import between two packages of the server; "" means nothing."""
    importer, imported = (name.split(".")[1:2] for name in (found.importer, found.name))
    if (
        not importer
        or not imported
        or importer == imported
        or "simulator" in (*importer, *imported)
    ):
        return ""
    here, there = find_layer(importer[0]), find_layer(imported[0])
    if here is None:
        return f"{found.place}: server.{importer[0]} is in no layer yet, add it to LAYERS"
    if there is None:  # a name of the server package itself
        return ""
    are_separate = any({importer[0], imported[0]} <= pair for pair in SEPARATE)
    if there < here or are_separate:
        return f"{found.place}: {found.importer} must not import {found.name}"
    return ""


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_only_the_folders_it_may(folder: str) -> None:
    allowed = {folder, *FOLDERS[folder]}
    wrong = [
        f"{found.place}: {folder} must not import {found.name}"
        for found in list_imports(folder)
        if found.name.split(".")[0] in {*FOLDERS, "tests"}
        and not any(is_within(found.name, parent) for parent in allowed)
    ]
    assert not wrong, show(wrong)


def test_inside_the_server_imports_go_down() -> None:
    inside = [found for found in list_imports("server") if is_within(found.name, "server")]
    wrong = list(filter(None, map(find_wrong_layer, inside)))
    assert not wrong, show(wrong)


def test_the_simulator_stands_alone() -> None:
    wrong = [
        f"{found.place}: {found.importer} must not import {found.name}"
        for found in list_imports("server")
        if is_within(found.name, "server")
        and is_within(found.name, "server.simulator")
        != is_within(found.importer, "server.simulator")
        and found.importer not in SIMULATOR_STARTERS
    ]
    assert not wrong, show(wrong)


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_only_at_its_home(library: str) -> None:
    wrong = [
        f"{found.place}: {library} is imported outside {', '.join(sorted(HOMES[library]))}"
        for folder in FOLDERS.keys() - HOMELESS
        for found in list_imports(folder)
        if is_within(found.name, library)
        and not any(is_within(found.importer, home) for home in HOMES[library])
    ]
    assert not wrong, show(wrong)


def test_callers_of_the_renderer_load_no_video_library() -> None:
    code = "import sys, server.cli, server.site, server.workers; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()

    assert {"renderer.pool", "renderer.jobs"} <= set(loaded)
    assert RENDERERS_OWN.isdisjoint(loaded)


def test_relative_imports_are_resolved() -> None:
    source = (
        "from . import faults\nfrom .music.mp3 import encode\ndef late():\n    from .. import web"
    )
    found = list(read_imports(Path("server/simulator/app.py"), source))
    assert [(each.name, each.place) for each in found] == [
        ("server.simulator.faults", "server/simulator/app.py:1"),
        ("server.simulator.music.mp3.encode", "server/simulator/app.py:2"),
        ("server.web", "server/simulator/app.py:4"),
    ]


@pytest.mark.parametrize(
    ("path", "line", "is_wrong"),
    [
        ("server/pipeline/tasks.py", "from server.web import replies", True),
        ("server/web/routes/pages.py", "import server.pipeline.broker", True),
        ("server/submissions/form.py", "from server.web.replies import fail", True),
        ("server/clock.py", "from server import settings, storage", True),
        ("server/somewhere_new.py", "import server.clock", True),
        ("server/web/routes/pages.py", "from server.submissions import model", False),
        ("server/storage.py", "from server.ids import new_session_id", False),
        ("server/cli.py", "from server import __doc__", False),
    ],
)
def test_wrong_directions_are_found(path: str, line: str, is_wrong: bool) -> None:
    found = [find_wrong_layer(each) for each in read_imports(Path(path), line)]
    assert any(found) == is_wrong
    assert all(message.startswith(f"{path}:1: ") for message in found if message)
