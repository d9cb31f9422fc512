"""What a photo and a song become, on both databases, with real renders of short videos."""

from dataclasses import replace
from functools import partial

import av
import pytest
from structlog.testing import capture_logs

from realtime.events import Snapshot
from realtime.publisher import RecordingPublisher
from renderer import VideoReport
from renderer.jobs import Choice
from server.clock import now
from server.pipeline.previewing import log_video, make_preview, prepare_videos
from server.pipeline.rendering import TEASER_S, create_video
from server.services import Services
from server.storage import PARTIAL_SUFFIX
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from tests.integration.conftest import Connect, OpenStack
from tests.integration.task_queue import RecordingTaskQueue
from tests.integration.videos import SONG_S, song, store_order

BROKE = "h264_nvenc broke: the device is gone"


def sizes_of(services: Services, session_id: str) -> dict[str, tuple[int, int]]:
    """Return the picture size of each existing video; each is as long as the song."""
    sizes = {}
    for video_format in ("square", "hd", "story"):
        path = services.storage.video(session_id, video_format)
        if path.is_file():
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                sizes[video_format] = (stream.width, stream.height)
                assert (container.duration or 0) / av.time_base == pytest.approx(SONG_S, abs=0.2)
    return sizes


def drafts_of(services: Services) -> list[str]:
    folders = services.storage.folders
    return [path.name for folder in folders for path in folder.glob(f"*{PARTIAL_SUFFIX}*")]


async def test_a_song_becomes_a_video_in_each_format(services: Services) -> None:
    session_id = await store_order(services, Stage.RENDERING)

    with capture_logs() as lines:
        await create_video(services, session_id)

    row = await Submission.get(session_id=session_id)
    assert row.stage == Stage.READY
    assert row.generated_video_path == str(services.storage.video(session_id, "square"))
    assert sizes_of(services, session_id) == {"square": (720, 720), "story": (1080, 1920)}
    assert services.storage.card(session_id).is_file()
    with av.open(str(services.storage.teaser(session_id))) as teaser:
        assert [stream.type for stream in teaser.streams] == ["video", "audio"]
        assert teaser.streams.video[0].width == 720
    assert drafts_of(services) == []
    choice = services.renders.choice
    assert choice is not None
    assert (row.video_encoder, row.video_encoder_fallback) == (choice.encoder, choice.fallback)
    videos = [line for line in lines if line["event"] == "video_encoded"]
    assert [(video["format"], video["encoder"]) for video in videos] == [
        ("square", choice.encoder),
        ("story", choice.encoder),
        ("teaser", choice.encoder),
    ]
    assert "encoder_fallback" not in [line["event"] for line in lines]


async def test_the_teaser_ends_before_the_song_in_the_main_format(open_stack: OpenStack) -> None:
    async with open_stack(render_formats="story") as services:
        session_id = await store_order(services, Stage.RENDERING)
        path = services.storage.song(session_id)
        await services.storage.write(path, partial(song, TEASER_S + 3))

        await create_video(services, session_id)

        with av.open(str(services.storage.teaser(session_id)), "r") as teaser:
            assert (teaser.duration or 0) / av.time_base == pytest.approx(TEASER_S, abs=0.1)
            assert teaser.streams.video[0].height == 1920


async def test_one_other_format_alone(open_stack: OpenStack, connect: Connect) -> None:
    async with open_stack(render_formats="hd") as services:
        client = connect(services)
        session_id = await store_order(services, Stage.RENDERING)

        await make_preview(services, session_id)
        await prepare_videos(services, session_id)
        await create_video(services, session_id)

        assert sizes_of(services, session_id) == {"hd": (1080, 1080)}
        result = await (await client.get(f"/api/results/{session_id}")).get_json()
        assert result["video_url"] == f"/storage/video/{session_id}-hd.mp4"
        assert (await client.get(result["video_url"])).status_code == 200
        assert (await client.get(f"/storage/video/{session_id}.mp4")).status_code == 404
        assert (await client.get(f"/storage/preview/{session_id}-hd.mp4")).status_code == 200


class WatchingPublisher(RecordingPublisher):
    """Also records which pictures existed at each push."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.folder = services.storage.previews
        self.names: list[set[str]] = []

    async def publish(self, snapshot: Snapshot) -> None:
        """Record the snapshot and the names."""
        await super().publish(snapshot)
        self.names.append({path.name for path in self.folder.iterdir()})


async def test_the_preview_waits_for_nothing_else(services: Services) -> None:
    publisher = WatchingPublisher(services)
    session_id = await store_order(services, Stage.COMPOSING)

    await make_preview(replace(services, publisher=publisher), session_id)

    preview = {f"{session_id}.mp4", f"{session_id}.jpg"}
    assert publisher.names == [preview]
    assert [one["preview_url"] for one in publisher.snapshots] == [
        f"/storage/preview/{session_id}.mp4"
    ]
    assert isinstance(services.task_queue, RecordingTaskQueue)
    assert services.task_queue.enqueued == [("prepare_videos", session_id)]

    await prepare_videos(services, session_id)

    assert {path.name for path in services.storage.previews.iterdir()} == preview | {
        f"{session_id}-story.mp4",
        f"{session_id}-card.jpg",
    }


async def test_a_failure_after_the_preview_does_no_harm(services: Services) -> None:
    session_id = await store_order(services, Stage.COMPOSING)
    storage = services.storage
    in_the_way = [storage.card(session_id), storage.preview(session_id, "story")]
    for path in in_the_way:
        path.mkdir()

    with capture_logs() as lines:
        await make_preview(services, session_id)
        await prepare_videos(services, session_id)
    shown = await Submission.get(session_id=session_id)
    await Submission.filter(session_id=session_id).update(stage=Stage.RENDERING)
    for path in in_the_way:
        path.rmdir()
    await create_video(services, session_id)

    events = [line["event"] for line in lines]
    assert {"card_failed", "loop_failed"} <= set(events)
    assert shown.preview_path == str(storage.preview(session_id, "square"))
    assert set(sizes_of(services, session_id)) == {"square", "story"}
    assert storage.card(session_id).is_file()
    assert (await Submission.get(session_id=session_id)).stage == Stage.READY


async def test_nothing_is_prepared_once_the_song_is_there(services: Services) -> None:
    session_id = await store_order(services, Stage.RENDERING)

    await prepare_videos(services, session_id)

    assert list(services.storage.previews.iterdir()) == []


async def test_a_card_that_cannot_be_drawn_fails_no_video(services: Services) -> None:
    session_id = await store_order(services, Stage.RENDERING)
    services.storage.card(session_id).mkdir()

    with capture_logs() as lines:
        await create_video(services, session_id)

    assert "card_failed" in [line["event"] for line in lines]
    assert (await Submission.get(session_id=session_id)).stage == Stage.READY


async def test_no_song_is_ready_before_all_its_videos_are_there(
    services: Services, connect: Connect
) -> None:
    client = connect(services)
    session_id = await store_order(services, Stage.RENDERING)
    services.storage.video(session_id, "story").mkdir()

    await create_video(services, session_id)

    row = await Submission.get(session_id=session_id)
    assert (row.stage, row.attempts) == (Stage.RENDERING, 0)
    assert services.storage.video(session_id, "square").is_file()
    assert (await client.get(f"/storage/video/{session_id}.mp4")).status_code == 404
    assert drafts_of(services) == []

    services.storage.video(session_id, "story").rmdir()
    await Submission.filter(session_id=session_id).update(next_run_at=now())
    await create_video(services, session_id)

    assert (await Submission.get(session_id=session_id)).stage == Stage.READY
    assert set(sizes_of(services, session_id)) == {"square", "story"}
    assert drafts_of(services) == []


@pytest.mark.parametrize(
    ("usual", "is_news"),
    [
        (Choice("h264_nvenc"), True),
        (Choice("libx264", "h264_nvenc: no device"), True),
        (Choice("libx264", BROKE), False),
    ],
)
async def test_a_warning_is_logged_only_for_an_encoder_that_breaks_in_use(
    services: Services, usual: Choice, is_news: bool
) -> None:
    services.renders.choice = usual
    report = VideoReport("libx264", BROKE, frames=30, size_bytes=1000, is_loop_reused=False)

    with capture_logs() as lines:
        log_video(services, "video_encoded", "a" * 24, "story", report)

    warnings = [line for line in lines if line["event"] == "encoder_fallback"]
    assert [(line["log_level"], line["reason"]) for line in warnings] == (
        [("warning", BROKE)] if is_news else []
    )
