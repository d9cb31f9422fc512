"""The documents' links and file names exist, and the README stays one page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import ROOT, list_files, read

MAX_README_LINES = 80
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
FOLDERS = "server|realtime|renderer|client|migrations|monitoring|deploy|benchmarks|tests|docs"
NAMED = re.compile(rf"`((?:{FOLDERS})/[\w./*-]*)`")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def read_links(text: str) -> Iterator[str]:
    """Yield the targets of a document's links, except those to other hosts."""
    for target in LINK.findall(CODE.sub("", text)):
        if not re.match(r"[a-z]+:", target):
            yield target


def read_anchors(text: str) -> set[str]:
    """Return the fragments of a document's headings, as GitHub makes them."""
    fenced = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    names = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(fenced))
    return {name.replace(" ", "-") for name in names}


def find_broken_links(path: Path, text: str) -> list[str]:
    """Return the links that lead to no file of the repository, or to no heading of it."""
    broken = []
    for link in read_links(text):
        target, _, fragment = link.partition("#")
        file = (ROOT / path).parent / target if target else ROOT / path
        if not file.resolve().is_relative_to(ROOT.resolve()) or not file.exists():
            broken.append(f"{path}: {link} leads to no file")
        elif fragment and fragment not in read_anchors(file.read_text() if target else text):
            broken.append(f"{path}: {link} leads to no heading")
    return broken


def test_every_link_leads_to_a_file_and_its_heading() -> None:
    documents = list_files(".md")
    broken = [line for path in documents for line in find_broken_links(path, read(path))]

    assert sum(len(list(read_links(read(path)))) for path in documents) > 50
    assert not broken, "\n".join(["", *broken])


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("[here](README.md)", False),
        ("[here](README.md#petsong)", False),
        ("# A `b`, c-d\n[here](#a-b-c-d)", False),
        ("`[code](nowhere.md)`", False),
        ("[elsewhere](https://sonauto.ai)", False),
        ("[here](nowhere.md)", True),
        ("[here](README.md#nowhere)", True),
        ("[here](#nowhere)", True),
        ("[outside](../outside.md)", True),
    ],
)
def test_broken_links_are_found(text: str, is_broken: bool) -> None:
    assert bool(find_broken_links(Path("SECURITY.md"), text)) == is_broken


def find_missing_files(path: Path, text: str) -> list[str]:
    """Return the paths in a document that name no file of the repository; `*` matches any name."""
    named = sorted(set(NAMED.findall(text)))
    return [f"{path}: {name} does not exist" for name in named if not any(ROOT.glob(name))]


def test_every_named_file_exists() -> None:
    documents = [path for path in list_files(".md") if path.name != "CHANGELOG.md"]
    missing = [line for path in documents for line in find_missing_files(path, read(path))]

    assert not missing, "\n".join(["", *missing])


def test_missing_files_are_found() -> None:
    text = "`server/settings.py` `client/*.html` `server/` `server/nowhere.py` `client/*.php`"

    missing = [line.split()[1] for line in find_missing_files(Path("a.md"), text)]

    assert missing == ["client/*.php", "server/nowhere.py"]


def test_the_architecture_names_every_module() -> None:
    tree = read(Path("ARCHITECTURE.md")).split("```")[1]
    modules = [
        path
        for path in (*list_files(".py"), *list_files(".ts"))
        if path.parts[0] in ("server", "realtime", "renderer")
        or path.parts[:2] == ("client", "src")
        if path.stem != "__init__" and path.suffixes != [".d", ".ts"]
        if not {"simulator", "drawing", "words"} & set(path.parts)  # named as a folder
    ]
    named = set(re.findall(r"[\w-]+", tree))
    files = {path.name for path in list_files()}

    assert len(modules) > 150
    assert [str(path) for path in modules if path.stem not in named] == []
    assert set(re.findall(r"[\w-]+\.(?:py|ts|html|css)\b", tree)) - files == set()


def test_the_readme_is_a_page() -> None:
    assert len(read(Path("README.md")).splitlines()) <= MAX_README_LINES
