"""The song service's failures by kind, each from a real simulator over real HTTP."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest

from server.errors import (
    NeverReached,
    Paused,
    Refused,
    SongServiceError,
    Unanswered,
    Unavailable,
)
from server.settings import Settings
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.songs.answers import LOST_BY_A_PROXY
from server.songs.service import Outcome, SongOrder, write_prompt
from server.songs.sonauto import Sonauto
from tests.servers import free_port, wait_until

ORDER = SongOrder(owner_name="Matt", pet_name="Toby", pet_type="Dog", music_vibe="Romantic")
WEBHOOK = "http://127.0.0.1:9/api/webhook/token"
EVERYBODYS = (301, 308, 401, 402, 403, 404, 405, 410, 500, 501, 503, 599)
"""What the service would answer anybody, whatever the order says."""


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    async with Simulator.start(folder, delay_s=0, song_s=3) as simulator:
        yield simulator


@pytest.fixture
async def songs(simulator: Simulator) -> AsyncIterator[Sonauto]:
    async with Sonauto(settings_for(simulator.api_url, simulator.origin)) as songs:
        yield songs
    await simulator.set_faults()


def settings_for(api_url: str, origin: str = "") -> Settings:
    return Settings.model_validate(
        {
            "sonauto_api_key": "key-of-the-tests",
            "external_api_url": api_url,
            "song_cdn_hosts": origin,
            "webhook_base_url": "http://127.0.0.1:9",
            "api_request_timeout_seconds": 2,
        }
    )


async def finished_song(songs: Sonauto) -> str:
    task_id = await songs.generate(ORDER, WEBHOOK)

    async def is_finished() -> bool:
        return (await songs.read_generation(task_id)).outcome is Outcome.SUCCESS

    await wait_until(is_finished)
    return (await songs.read_generation(task_id)).song_url or ""


def test_the_prompt_is_the_specs_word_for_word() -> None:
    assert write_prompt(ORDER) == (
        "Create a heartfelt Valentine's Day love song celebrating the special bond between Matt "
        "and their beloved Dog Toby. Make it warm, genuine, and mention both names in the lyrics."
    )


async def test_an_order_says_what_the_spec_says(songs: Sonauto, simulator: Simulator) -> None:
    task_id = await songs.generate(ORDER, WEBHOOK)

    post = (await simulator.ledger())["posts"][-1]
    assert post["task_id"] == task_id
    assert post["tags"] == ["Romantic", "love song", "valentine"]
    assert post["webhook_url"] == WEBHOOK


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Switch(Fault.CREATE_STATUS, 400), Refused),
        (Switch(Fault.CREATE_STATUS, 422), Refused),
        (Switch(Fault.CREATE_STATUS, 429, retry_after="3600"), Paused),
        (Switch(Fault.CREATE_STATUS, 429, retry_after="garbage"), Paused),
        *((Switch(Fault.CREATE_STATUS, status), Unavailable) for status in EVERYBODYS),
        (Switch(Fault.API_KEY_REFUSED), Unavailable),
        (Switch(Fault.API_STATUS, 308), Unavailable),
        (Switch(Fault.API_STATUS, 400), Unavailable),
        (Switch(Fault.API_STATUS, 422), Unavailable),
        *((Switch(Fault.CREATE_STATUS, status), Unanswered) for status in LOST_BY_A_PROXY),
        (Switch(Fault.API_HANGS), Unanswered),
        (Switch(Fault.CREATE_UNANSWERED), Unanswered),
        (Switch(Fault.CREATE_SLOW, 5.0), Unanswered),
        (Switch(Fault.CREATE_BODY, "<html>"), Unanswered),
        (Switch(Fault.CREATE_BODY, "[]"), Unanswered),
        (Switch(Fault.CREATE_BODY, '{"task_id": ""}'), Unanswered),
    ],
)
async def test_an_order_fails_by_kind(
    songs: Sonauto, simulator: Simulator, fault: Switch, kind: type[SongServiceError]
) -> None:
    await simulator.set_faults(fault)

    with pytest.raises(kind) as failure:
        await songs.generate(ORDER, WEBHOOK)

    assert type(failure.value) is kind
    assert "key-of-the-tests" not in repr(failure.value)


@pytest.mark.fault(36)
async def test_a_requested_pause_is_respected_within_bounds(
    songs: Sonauto, simulator: Simulator
) -> None:
    odd = (
        ("garbage", 30),
        ("\u00b2", 30),
        ("9" * 5000, 30),
        ("Fri, 31 Dec 99999 23:59:59 GMT", 30),
    )
    for named, expected_s in (("7", 7), ("3600", 600), *odd):
        await simulator.set_faults(Switch(Fault.CREATE_STATUS, 429, retry_after=named))
        with pytest.raises(Paused) as pause:
            await songs.generate(ORDER, WEBHOOK)
        assert pause.value.retry_after_s == expected_s


@pytest.mark.fault(34)
async def test_a_refused_connection_was_never_made() -> None:
    async with Sonauto(settings_for(f"http://127.0.0.1:{free_port()}/v1")) as songs:
        with pytest.raises(NeverReached):
            await songs.generate(ORDER, WEBHOOK)


@pytest.mark.fault(98)
async def test_a_connection_that_times_out_was_never_made() -> None:
    # Its backlog is full, so the kernel leaves further connections unanswered.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        address = deaf.getsockname()
        with socket.create_connection(address), ExitStack() as waiting:
            for _ in range(2):
                connection = waiting.enter_context(socket.socket())
                connection.setblocking(False)
                connection.connect_ex(address)
            settings = settings_for(f"http://127.0.0.1:{address[1]}/v1")
            async with Sonauto(settings) as songs:
                with pytest.raises(NeverReached):
                    await songs.generate(ORDER, WEBHOOK)


async def test_a_generation_without_a_status_is_no_answer(
    songs: Sonauto, simulator: Simulator
) -> None:
    await finished_song(songs)
    task_id = (await simulator.ledger())["posts"][-1]["task_id"]
    await simulator.set_faults(Switch(Fault.DETAIL_WITHOUT, ["status"]))

    with pytest.raises(Unanswered):
        await songs.read_generation(task_id)


@pytest.mark.parametrize("task_id", ["a\u0000b", "\ud800", "a b", "\u00e9", "x" * 256])
async def test_a_task_id_that_cannot_be_stored_is_no_answer(
    songs: Sonauto, simulator: Simulator, task_id: str
) -> None:
    await simulator.set_faults(Switch(Fault.CREATE_BODY, json.dumps({"task_id": task_id})))

    with pytest.raises(Unanswered):
        await songs.generate(ORDER, WEBHOOK)


@pytest.mark.parametrize(
    ("fault", "is_reached"),
    [
        (Switch(Fault.CREATE_STATUS, 404), True),
        (Switch(Fault.CREDITS_STATUS, 500), True),
        (Switch(Fault.API_KEY_REFUSED), True),
        (Switch(Fault.API_STATUS, 502), False),
        (Switch(Fault.API_STATUS, 308), False),
        (Switch(Fault.API_STATUS, 200), False),
        (Switch(Fault.API_HANGS), False),
    ],
)
async def test_the_api_is_reached_if_it_is_the_api_that_answers(
    songs: Sonauto, simulator: Simulator, fault: Switch, is_reached: bool
) -> None:
    await simulator.set_faults(fault)
    if is_reached:
        await songs.reach()
        return
    with pytest.raises((Unanswered, Unavailable)):
        await songs.reach()


async def test_a_task_id_cannot_lead_to_another_endpoint(
    songs: Sonauto, simulator: Simulator
) -> None:
    await simulator.set_faults(Switch(Fault.CREDITS, {"num_credits": 1, "status": "SUCCESS"}))

    for task_id in (
        "../credits/balance",
        "..%2Fcredits%2Fbalance",
        "a?b=c",
        "a#b",
        "status/x",
        "..",
        ".",
    ):
        with pytest.raises(Unavailable) as unknown:
            await songs.read_generation(task_id)
        assert unknown.value.status == 404


async def test_both_balances_count(songs: Sonauto, simulator: Simulator) -> None:
    await simulator.set_faults(Switch(Fault.CREDITS, {"num_credits": 0, "num_credits_payg": 300}))

    assert await songs.read_credits() == 300
    await simulator.set_faults(
        Switch(Fault.CREDITS, {"num_credits": 2**40, "num_credits_payg": None})
    )
    assert await songs.read_credits() == 2**31 - 1, "as much as can be stored"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Switch(Fault.DETAIL_FIELDS, {"status": "SOMETHING_NEW"}), Outcome.UNDER_WAY),
        (Switch(Fault.DETAIL_FIELDS, {"lyrics": None}), Outcome.SUCCESS),
        (Switch(Fault.DETAIL_FIELDS, {"lyrics": "la\u0000"}), Outcome.SUCCESS),
    ],
)
async def test_odd_details_are_read_defensively(
    songs: Sonauto, simulator: Simulator, fault: Switch, outcome: Outcome
) -> None:
    await finished_song(songs)
    task_id = (await simulator.ledger())["posts"][-1]["task_id"]
    await simulator.set_faults(fault)

    generation = await songs.read_generation(task_id)

    assert generation.outcome is outcome
    assert "\x00" not in generation.lyrics
    generation.lyrics.encode()
