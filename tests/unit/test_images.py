"""What the images are built from, and which image each container uses."""

import re
from collections.abc import Iterator, Mapping

from tests.sources import ROOT
from tests.unit.test_compose import OF_OTHERS, OURS, VARIABLES, each_of_ours

IMAGES = {service["image"] for service in OURS.values()}
DOCKERFILE = (ROOT / "Dockerfile.render").read_text()


def read_targets() -> Mapping[str, str]:
    """The Dockerfile's stages by name, each with its base."""
    return {name: base for base, name in re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.M)}


def list_runs() -> Iterator[str]:
    """Every RUN of the Dockerfile, as one line."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return (line for line in joined.splitlines() if line.startswith("RUN "))


@each_of_ours
def test_a_service_is_built_from_an_existing_stage(name: str) -> None:
    build = OURS[name]["build"]

    assert build["dockerfile"] == "Dockerfile.render"
    assert build["target"] in read_targets()
    assert OURS[name]["image"] == f"petsong-{build['target']}"
    assert build["args"].keys() == {"BASE_IMAGE"}


def test_videos_and_songs_are_opened_in_images_with_the_libraries() -> None:
    [removal] = (run for run in list_runs() if "uninstall" in run and "numpy" in run)
    removed = set(removal.partition("--yes")[2].split()) - {"pip"}
    stage = DOCKERFILE.partition(" AS web\n")[2]

    assert removed == {"av", "mutagen", "numpy", "opencv-python-headless"}
    assert "--from=dependencies-web" in stage.partition("FROM")[0]
    for service in OURS.values():
        is_worker = "worker" in service["command"]
        assert service["build"]["target"].startswith("render-" if is_worker else "web")


def test_an_image_needs_only_the_base_image() -> None:
    targets = read_targets()

    assert set(targets.values()) <= {"${BASE_IMAGE}", *targets}
    assert set(re.findall(r"--from=(\S+)", DOCKERFILE)) <= targets.keys()
    # A syntax line or a mount would need a frontend from a registry.
    assert not re.search(r"^#\s*syntax|--mount", DOCKERFILE, re.M)


def test_an_image_is_built_from_debian_and_locks_only() -> None:
    for run in list_runs():
        assert "://" not in run
        if "pip install" in run:
            assert "--require-hashes" in run or "--no-deps --no-build-isolation" in run
        if "npm" in run:
            assert re.search(r"npm (ci|run)\b", run)
        if "apt-get install" in run:
            assert "--no-install-recommends" in run
            assert "rm -rf /var/lib/apt/lists/* /var/cache/apt/*" in run


def test_an_image_starts_unprivileged_with_variables_that_are_read() -> None:
    for name, base in read_targets().items():
        stage = DOCKERFILE.partition(f" AS {name}\n")[2].partition("\nFROM ")[0]
        if f"petsong-{name}" in IMAGES and base == "base":
            assert f"USER {OURS['web']['user']}\n" in stage
    assert int(OURS["web"]["user"].partition(":")[0]) > 0
    set_here = re.findall(r"^(?:ENV|   ) ([A-Z_]+)=", DOCKERFILE, re.M)
    assert {"STORAGE_URL", "HOST"} <= set(set_here) <= VARIABLES | OF_OTHERS


def test_an_image_copies_existing_files() -> None:
    copied = [
        source
        for sources in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.M)
        for source in sources.split()
    ]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert copied
    for source in copied:
        assert (ROOT / source).exists()
        assert f"!{source.partition('/')[0]}" in ignored, f"{source} is kept from the build"
