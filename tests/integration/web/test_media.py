"""The files visitors see: ranges, caching, and no way to any other file."""

import pytest

from server.services import Services
from server.storage import write_file
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.submissions.transitions import show_preview
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.web.forms import SESSION_ID, store_submission

CONTENT = bytes(range(256)) * 4000
VIDEO = f"/storage/video/{SESSION_ID}.mp4"

RANGES = {
    "bytes=0-1": (206, CONTENT[:2]),
    "bytes=100-": (206, CONTENT[100:]),
    "bytes=-50": (206, CONTENT[-50:]),
    "bytes=-99999999": (206, CONTENT),
    "bytes=1000-99999999": (206, CONTENT[1000:]),
    f"bytes={len(CONTENT)}-": (416, None),
    "bytes=5-2": (416, None),
    "bytes=-0": (416, None),
    "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)): (416, None),
}


@pytest.fixture
async def video(services: Services) -> bytes:
    write_file(services.storage.video(SESSION_ID, "square"), CONTENT)
    await store_submission(Stage.READY)
    return CONTENT


async def test_a_finished_video_is_sent(client: Client, video: bytes) -> None:
    response = await client.get(VIDEO)

    assert response.status_code == 200
    assert await response.get_data(as_text=False) == video
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.fault(80)
async def test_each_range_is_answered_with_its_bytes(client: Client, video: bytes) -> None:
    for wanted, (status, content) in RANGES.items():
        response = await client.get(VIDEO, headers={"Range": wanted})

        assert response.status_code == status, wanted[:40]
        if content is None:
            assert response.headers["Content-Range"] == f"bytes */{len(video)}"
        else:
            start = len(video) - len(content) if wanted != "bytes=0-1" else 0
            end = start + len(content) - 1
            assert await response.get_data(as_text=False) == content
            assert response.headers["Content-Range"] == f"bytes {start}-{end}/{len(video)}"
            assert response.headers["Content-Length"] == str(len(content))


@pytest.mark.fault(80)
async def test_if_range_and_if_none_match_are_respected(client: Client, video: bytes) -> None:
    tag = (await client.get(VIDEO)).headers["ETag"]

    same = await client.get(VIDEO, headers={"Range": "bytes=0-1", "If-Range": tag})
    other = await client.get(VIDEO, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    known = await client.get(VIDEO, headers={"If-None-Match": tag})

    assert (same.status_code, other.status_code, known.status_code) == (206, 200, 304)


@pytest.mark.parametrize("stage", [Stage.RENDERING, Stage.FAILED])
async def test_unfinished_video_is_not_sent(
    stage: Stage, client: Client, services: Services
) -> None:
    write_file(services.storage.video(SESSION_ID, "square"), CONTENT)
    await store_submission(stage)

    assert (await client.get(VIDEO)).status_code == 404


async def test_the_main_preview_and_its_poster_are_sent(client: Client, services: Services) -> None:
    write_file(services.storage.preview(SESSION_ID, "square"), b"preview")
    write_file(services.storage.preview(SESSION_ID, "story"), b"loop")
    write_file(services.storage.poster(SESSION_ID), b"poster")

    preview = await client.get(f"/storage/preview/{SESSION_ID}.mp4")
    poster = await client.get(f"/storage/poster/{SESSION_ID}.jpg")

    assert await preview.get_data(as_text=False) == b"preview"
    assert await poster.get_data(as_text=False) == b"poster"
    assert poster.headers["Content-Type"] == "image/jpeg"
    assert (await client.get(f"/storage/preview/{SESSION_ID}-story.mp4")).status_code == 404


async def test_each_format_of_a_finished_song_and_its_card(
    client: Client, services: Services
) -> None:
    write_file(services.storage.video(SESSION_ID, "story"), b"story")
    write_file(services.storage.card(SESSION_ID), b"card")
    write_file(services.storage.teaser(SESSION_ID), b"teaser")
    own, others = "same-origin", "cross-origin"
    addresses = {
        f"/storage/video/{SESSION_ID}-story.mp4": (b"story", "video/mp4", own),
        f"/storage/card/{SESSION_ID}.jpg": (b"card", "image/jpeg", others),
        f"/storage/teaser/{SESSION_ID}.mp4": (b"teaser", "video/mp4", others),
    }
    row = await store_submission(Stage.RENDERING)

    for address in addresses:
        assert (await client.get(address)).status_code == 404
    await Submission.filter(session_id=row.session_id).update(entry_status="success")

    for address, (content, kind, sites) in addresses.items():
        response = await client.get(address)
        assert await response.get_data(as_text=False) == content
        assert response.headers["Content-Type"] == kind
        assert response.headers["Cross-Origin-Resource-Policy"] == sites
        part = await client.get(address, headers={"Range": "bytes=1-2"})
        assert (part.status_code, await part.get_data(as_text=False)) == (206, content[1:3])
    assert (await client.get(f"/storage/video/{SESSION_ID}-hd.mp4")).status_code == 404


@pytest.mark.parametrize(
    ("names", "suffix", "disposition"),
    [
        (("Toby", "Matt"), "", 'attachment; filename="Toby-and-Matt.mp4"'),
        (("Toby", "Anna Lena"), "-story", 'attachment; filename="Toby-and-Anna-Lena-story.mp4"'),
        (
            ("Zoë", "Matt"),
            "",
            "attachment; filename=\"Zoe-and-Matt.mp4\"; filename*=UTF-8''Zo%C3%AB-and-Matt.mp4",
        ),
    ],
)
async def test_a_video_is_saved_under_the_two_names(
    names: tuple[str, str], suffix: str, disposition: str, client: Client, services: Services
) -> None:
    pet_name, owner_name = names
    await store_submission(Stage.READY, pet_name=pet_name, owner_name=owner_name)
    for video_format in ("square", "story"):
        write_file(services.storage.video(SESSION_ID, video_format), CONTENT)
    address = f"/storage/video/{SESSION_ID}{suffix}.mp4"

    result = await (await client.get(f"/api/results/{SESSION_ID}")).get_json()
    [saved] = [one["download_url"] for one in result["videos"] if one["url"] == address]
    download = await client.get(saved)
    part = await client.get(saved, headers={"Range": "bytes=0-1"})
    played = await client.get(address)

    assert saved == f"{address}?download"
    assert await download.get_data(as_text=False) == CONTENT
    assert (download.status_code, part.status_code) == (200, 206)
    assert download.headers["Content-Disposition"] == disposition
    assert part.headers["Content-Disposition"] == disposition
    assert "attachment" not in played.headers.get("Content-Disposition", "")


async def test_lyrics_with_times_are_captions(client: Client) -> None:
    address = f"/storage/captions/{SESSION_ID}.vtt"
    lyrics = "[Chorus]\n[00:01.50]Toby & Matt\n[00:04.00]La"
    await store_submission(Stage.RENDERING, lyrics=lyrics)
    assert (await client.get(address)).status_code == 404

    await Submission.filter(session_id=SESSION_ID).update(entry_status="success")
    result = await (await client.get(f"/api/results/{SESSION_ID}")).get_json()
    captions = await client.get(address)

    assert result["captions_url"] == address
    assert result["lyrics"] == "[Chorus]\nToby & Matt\nLa"
    assert captions.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert (await captions.get_data(as_text=True)).splitlines()[:4] == [
        "WEBVTT",
        "",
        "00:00:01.500 --> 00:00:04.000",
        "Toby &amp; Matt",
    ]
    await Submission.filter(session_id=SESSION_ID).update(lyrics="[Chorus]\nToby & Matt")
    assert (await client.get(address)).status_code == 404
    result = await (await client.get(f"/api/results/{SESSION_ID}")).get_json()
    assert result["captions_url"] is None


async def test_the_preview_is_the_main_formats(open_stack: OpenStack, connect: Connect) -> None:
    async with open_stack(render_formats="hd,square") as services:
        client = connect(services)
        write_file(services.storage.preview(SESSION_ID, "hd"), b"hd")
        write_file(services.storage.preview(SESSION_ID, "square"), b"square")
        await store_submission(Stage.COMPOSING)
        await show_preview(services, SESSION_ID)

        snapshot = await (await client.get(f"/api/submissions/{SESSION_ID}")).get_json()
        preview = await client.get(snapshot["preview_url"])

        assert snapshot["preview_url"] == f"/storage/preview/{SESSION_ID}-hd.mp4"
        assert snapshot["poster_url"] == f"/storage/poster/{SESSION_ID}.jpg"
        assert await preview.get_data(as_text=False) == b"hd"
        assert (await client.get(f"/storage/preview/{SESSION_ID}.mp4")).status_code == 404


@pytest.mark.fault(78)
async def test_no_other_path_leads_to_a_file(client: Client, services: Services) -> None:
    write_file(services.storage.photo(SESSION_ID), b"private")
    write_file(services.storage.song(SESSION_ID), b"private")
    (services.storage.videos / "notes.mp4").write_bytes(b"private")
    (services.storage.videos / f"{SESSION_ID}-cinema.mp4").write_bytes(b"private")
    await store_submission(Stage.READY)
    paths = [
        "/storage/video/notes.mp4",
        f"/storage/video/{SESSION_ID.upper()}.mp4",
        f"/storage/video/{SESSION_ID}.jpg",
        f"/storage/video/{SESSION_ID}-square.mp4",
        f"/storage/video/{SESSION_ID}-cinema.mp4",
        f"/storage/video/{SESSION_ID}-.mp4",
        f"/storage/video/{SESSION_ID}-story-hd.mp4",
        f"/storage/video/{SESSION_ID}-%2e%2e%2fhd.mp4",
        f"/storage/preview/{SESSION_ID}-card.jpg",
        f"/storage/poster/{SESSION_ID}-card.jpg",
        "/storage/card/notes.jpg",
        "/storage/captions/notes.vtt",
        f"/storage/captions/{SESSION_ID}.vtt",
        "/storage/teaser/notes.mp4",
        f"/storage/teaser/{SESSION_ID}-story.mp4",
        f"/storage/video/{SESSION_ID}-teaser.mp4",
        f"/storage/uploads/{SESSION_ID}.jpg",
        f"/storage/audio/{SESSION_ID}.mp3",
        f"/storage/video/%2e%2e%2fuploads%2f{SESSION_ID}.mp4",
        "/storage/../.env",
        "/storage/video/../../etc/passwd.mp4",
        "/storage/video/%00.mp4",
        f"/storage/video/{'a' * 10_000}.mp4",
        "/storage/video/abcdefghijklmnopqrstuvw\N{ARABIC-INDIC DIGIT ONE}.mp4",
        "/assets/../index.html",
        "/assets/%2e%2e%2findex.html",
        "/.env",
        "/waiting.html",
    ]

    for path in paths:
        assert (await client.get(path)).status_code == 404, path


@pytest.mark.fault(78)
async def test_malformed_ids_are_unknown_sessions(client: Client) -> None:
    for session_id in ("%2e%2e", "%00", "a" * 10_000, "ABC", "\N{ARABIC-INDIC DIGIT ONE}" * 24):
        for path in (f"/api/submissions/{session_id}", f"/api/results/{session_id}"):
            response = await client.get(path)
            assert response.status_code == 404
            assert await response.get_json() == {"success": False, "error": "Session not found"}
