"""The `petsong` command as an operator types it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.servers import ChildServer, ObjectServer, PostgresServer, RedisServer, free_port
from tests.sites import PETSONG

VARIABLES = ("SONAUTO_API_KEY", "DATABASE_URL", "REDIS_URL", "WEBHOOK_BASE_URL", "PORT")


async def run(folder: Path, *words: str, max_files: str = "", **variables: str) -> tuple[int, str]:
    """Run `petsong` with these arguments in `folder`; return its exit status and output.

    `max_files`, if given, limits the files it may open.
    """
    limited = ["sh", "-c", f'ulimit -n {max_files}; exec "$@"', "sh"] if max_files else []
    return await run_program([*limited, *PETSONG, *words], folder, variables)


async def run_on_terminal(folder: Path, *words: str) -> tuple[int, str]:
    """Like `run`, with a terminal for its output."""
    command = shlex.join([*PETSONG, *words])
    return await run_program(["script", "-q", "-e", "-c", command, "/dev/null"], folder, {})


async def run_program(
    program: Sequence[str], folder: Path, variables: Mapping[str, str]
) -> tuple[int, str]:
    command = ChildServer(
        program,
        log_path=folder / "output",
        environment={
            **dict.fromkeys(VARIABLES, ""),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "COLUMNS": "200",
            "TERM": "xterm",
            **variables,
        },
        folder=folder,
    )
    command.child.start()
    status = await command.child.wait(30)
    output = command.output()
    command.child.log_path.unlink()
    return status, output


async def test_a_fresh_folder_is_migrated_examined_and_counted(tmp_path: Path) -> None:
    assert await run(tmp_path, "migrate") == (0, "")
    assert await run(tmp_path, "migrate") == (0, "")

    examined, findings = await run(tmp_path, "doctor")
    counted, counts = await run(tmp_path, "status")

    assert (examined, counted) == (0, 0)
    assert "missing" not in findings
    assert "simulator" in findings
    assert "square 720x720 at 15 fps, story 1080x1920 at 30 fps" in findings
    for stage in ("queued", "composing", "rendering", "ready", "failed", "workers render"):
        assert stage in counts


async def test_doctor_prints_no_password(tmp_path: Path) -> None:
    status, findings = await run(
        tmp_path,
        "doctor",
        DATABASE_URL=f"postgresql://petsong:hunter2hunter2@127.0.0.1:{free_port()}/petsong",
        REDIS_URL=f"redis://:hunter3hunter3@127.0.0.1:{free_port()}/0",
        SONAUTO_API_KEY="sksonauto_hunter4",
        WEBHOOK_BASE_URL="https://pets.example",
    )

    assert status != 0
    assert "127.0.0.1" in findings
    assert "hunter" not in findings


@pytest.mark.fault(90)
async def test_a_demo_does_not_start_as_production(tmp_path: Path) -> None:
    for words in (["serve"], ["worker", "--queue", "render"], ["doctor"]):
        status, output = await run(tmp_path, *words, ENVIRONMENT="production")

        assert status == 2
        assert [
            line.partition(":")[0] for line in output.removeprefix("petsong: ").splitlines()
        ] == [
            "SONAUTO_API_KEY",
            "ADMIN_PASSWORD",
            "WEBHOOK_BASE_URL",
        ]


@pytest.mark.fault(90)
async def test_production_does_not_start_with_a_failpoint(tmp_path: Path) -> None:
    status, output = await run(tmp_path, "serve", ENVIRONMENT="production", FAILPOINT="after_ready")

    assert status == 2
    assert "FAILPOINT: must not be set" in output


@pytest.mark.fault(77)
async def test_doctor_warns_of_a_low_open_file_limit(tmp_path: Path) -> None:
    assert await run(tmp_path, "migrate") == (0, "")

    status, findings = await run(tmp_path, "doctor", max_files="1024")

    assert status == 0
    assert "warning files: 1024 open files allowed per process, 20000 recommended" in findings


async def test_doctor_names_what_is_missing_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "storage").write_text("a file where the folders should be")

    status, findings = await run(tmp_path, "doctor")

    assert status == 1
    assert "missing storage: cannot write to" in findings
    assert "missing database" in findings
    assert "ok renderer: " in findings


async def test_doctor_tries_a_bucket_and_reports_it(
    tmp_path: Path, objects: dict[str, str], bucket: str, object_server: ObjectServer
) -> None:
    variables = {name.upper(): value for name, value in objects.items()}
    assert await run(tmp_path, "migrate", **variables) == (0, "")

    doctor, findings = await run(tmp_path, "doctor", **variables)
    status, counts = await run(tmp_path, "status", **variables)
    wrong, complaint = await run(
        tmp_path, "serve", **variables | {"STORAGE_URL": "s3://another", "PORT": str(free_port())}
    )

    address = f"{objects['storage_url']} at {object_server.url}"
    assert (doctor, status, wrong) == (0, 0, 2)
    assert f"ok storage: {address}" in findings
    assert address in counts
    assert await object_server.list_keys(bucket) == set()
    [line] = [line for line in complaint.splitlines() if line.startswith("petsong: ")]
    assert line.endswith("there is no such bucket")


@pytest.mark.parametrize("words", [("worker", "--queue", "render"), ("scheduler",)])
async def test_without_redis_there_are_no_other_processes(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    status, output = await run(tmp_path, *words)

    assert status == 2
    assert "DATABASE_URL and REDIS_URL" in output
    assert "Traceback" not in output


async def test_an_unmigrated_database_is_reported(
    tmp_path: Path, postgres_server: PostgresServer, redis_url: str
) -> None:
    url = await postgres_server.create_database()
    status, output = await run(
        tmp_path,
        *("worker", "--queue", "default"),
        DATABASE_URL=url,
        REDIS_URL=redis_url,
        SONAUTO_API_KEY="key",
        WEBHOOK_BASE_URL="https://pets.example",
    )

    assert status == 2
    assert "run petsong migrate" in output
    assert "Traceback" not in output
    await postgres_server.drop_database(url)


@pytest.mark.parametrize("words", [("serve",), ("worker", "--queue", "render")])
async def test_a_forced_encoder_that_does_not_open_is_a_one_line_error(
    tmp_path: Path, postgres_url: str, redis_url: str, words: tuple[str, ...]
) -> None:
    network = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "SONAUTO_API_KEY": "key",
        "WEBHOOK_BASE_URL": "https://pets.example",
    }
    variables = {"PORT": str(free_port())} if words == ("serve",) else network
    assert (await run(tmp_path, "migrate", **variables))[0] == 0

    status, output = await run(tmp_path, *words, RENDER_ENCODER="h264_none", **variables)

    assert status == 2
    [complaint] = [line for line in output.splitlines() if not line.startswith("{")]
    assert complaint.startswith("petsong: unknown encoder 'h264_none'")


async def test_impossible_video_numbers_are_a_one_line_error(tmp_path: Path) -> None:
    for command in ("serve", "doctor"):
        status, output = await run(tmp_path, command, VIDEO_FPS="7", VINYL_RPM="9")

        assert status == 2
        [line] = output.splitlines()
        assert line.startswith("petsong: ")
        assert "VIDEO_FPS, VINYL_RPM" in line


async def test_two_migrations_at_once_take_turns(
    tmp_path: Path, postgres_server: PostgresServer, redis_server: RedisServer
) -> None:
    url = await postgres_server.create_database()
    variables = {
        "DATABASE_URL": url,
        "REDIS_URL": redis_server.url,
        "SONAUTO_API_KEY": "key",
        "EXTERNAL_API_URL": "http://127.0.0.1:9",
        "WEBHOOK_BASE_URL": "http://127.0.0.1:9",
    }
    commands = [
        ChildServer([*PETSONG, "migrate"], log_path=tmp_path / name, environment=variables)
        for name in ("first", "second", "third")
    ]
    for command in commands:
        command.child.start()

    assert [await command.child.wait(60) for command in commands] == [0, 0, 0]
    assert "connected" in (await run(tmp_path, "doctor", **variables))[1]
    await postgres_server.drop_database(url)
