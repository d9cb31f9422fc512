"""What a video is made from: a real photo and a real, short song, stored where the steps look."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from server.ids import new_session_id
from server.services import Services
from server.simulator.music.mp3 import write_mp3
from server.simulator.music.sound import time_axis
from server.submissions.lifecycle import Stage
from tests.integration.web.forms import store_submission
from tests.sites import photo

SONG_S = 2


@cache
def song(duration_s: float = SONG_S) -> bytes:
    """Return an MP3, by default of two seconds."""
    tone = 0.3 * np.sin(2 * np.pi * 440 * time_axis(duration_s))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "song.mp3"
        write_mp3(path, np.stack([tone, tone]))
        return path.read_bytes()


async def store_order(services: Services, stage: Stage, **columns: object) -> str:
    """Store a row in `stage` with its photo and its song; return its session_id."""
    session_id = new_session_id()
    await services.storage.write(services.storage.photo(session_id), photo)
    await services.storage.write(services.storage.song(session_id), song)
    await store_submission(stage, session_id=session_id, **columns)
    return session_id
