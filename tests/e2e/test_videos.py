"""The renderer's videos in a real browser: they play, last as long as the song, and seek."""

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.async_api import Browser

from renderer import FORMATS, RenderJob, Video
from renderer.render import render
from tests.unit.renderer.media import read_video, to_bgr, write_song

NAMES = ("square", "story")
SECONDS = 4.32
# In the middle of a frame at 15 and at 30 fps. The second and fourth are one rotation after the
# first and third.
TIMES = (0.42, 3.42, 1.22, 4.22)
SHOWN_PX = 120  # the width that pictures are compared at

WATCH = """
async ([content, times, width]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
  const video = document.createElement('video')
  const happens = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true })
    video.addEventListener('error', () => reject(new Error(video.error.message)), { once: true })
  })
  document.body.append(video)
  const ready = happens('canplaythrough')
  video.src = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }))
  await ready
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = Math.round(width * video.videoHeight / video.videoWidth)
  const context = canvas.getContext('2d')
  const pictures = []
  for (const time of times) {
    // `seeked` may come before the frame is shown.
    const shown = new Promise((resolve) => {
      const look = (_, { mediaTime }) => {
        if (Math.abs(mediaTime - time) < 0.07) resolve()
        else video.requestVideoFrameCallback(look)
      }
      video.requestVideoFrameCallback(look)
    })
    video.currentTime = time
    await shown
    context.drawImage(video, 0, 0, canvas.width, canvas.height)
    pictures.push(canvas.toDataURL('image/png'))
  }
  video.currentTime = video.duration - 1
  video.muted = true
  const ended = happens('ended')
  await video.play()
  await ended
  const sound = await new OfflineAudioContext(2, 1, 44100).decodeAudioData(bytes.buffer)
  return {
    size: [video.videoWidth, video.videoHeight],
    duration: video.duration,
    endedAt: video.currentTime,
    audioBytes: video.webkitAudioDecodedByteCount,
    soundSeconds: sound.duration,
    soundPeak: Math.max(...sound.getChannelData(0).slice(0, 100000)),
    error: video.error && video.error.message,
    pictures,
  }
}
"""


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("videos")
    picture = np.full((600, 600, 3), 90, np.uint8)
    cv2.circle(picture, (300, 120), 90, (40, 80, 255), -1)  # at twelve, to show the rotation
    cv2.imwrite(str(folder / "pet.png"), picture)
    song = write_song(folder / "song.mp3", SECONDS)
    paths = {name: folder / f"{name}.mp4" for name in NAMES}
    wanted = tuple(Video(path, FORMATS[name]) for name, path in paths.items())
    render(RenderJob(folder / "pet.png", song, wanted))
    return paths


@pytest.mark.parametrize("name", NAMES)
async def test_a_video_plays_in_a_browser(
    name: str, videos: dict[str, Path], browser: Browser
) -> None:
    spec, path = FORMATS[name], videos[name]
    context = await browser.new_context()
    try:
        page = await context.new_page()
        content = base64.b64encode(path.read_bytes()).decode()
        notes = await page.evaluate(WATCH, [content, TIMES, SHOWN_PX])
    finally:
        await context.close()

    assert notes["error"] is None
    assert notes["size"] == [spec.width_px, spec.height_px]
    assert notes["duration"] == pytest.approx(SECONDS, abs=1 / spec.fps)
    assert notes["endedAt"] == pytest.approx(notes["duration"], abs=0.05)
    assert notes["audioBytes"] > 5_000
    assert notes["soundSeconds"] == pytest.approx(SECONDS, abs=0.1)
    assert notes["soundPeak"] > 0.3

    pictures = [read_picture(picture) for picture in notes["pictures"]]
    early, a_rotation_later, elsewhere, elsewhere_later = pictures
    assert measure_difference(early, a_rotation_later) == 0
    assert measure_difference(elsewhere, elsewhere_later) == 0
    assert measure_difference(early, elsewhere) > 0.5
    frames = [shrink(to_bgr(frame)) for frame in read_video(path).frames]
    for time, picture in zip(TIMES, pictures, strict=True):
        index = int(time * spec.fps)
        near = range(index - 3, min(index + 4, len(frames)))
        differences = {other: measure_difference(picture, frames[other]) for other in near}
        assert min(differences, key=differences.__getitem__) == index
        assert differences[index] < 4  # the browser's scaling differs


def shrink(frame: np.ndarray) -> np.ndarray:
    """Scale a video frame to the size at which pictures are compared."""
    size = (SHOWN_PX, round(SHOWN_PX * frame.shape[0] / frame.shape[1]))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))


def read_picture(address: str) -> np.ndarray:
    """Decode a data URL."""
    content = base64.b64decode(address.partition(",")[2])
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture)


def measure_difference(picture: np.ndarray, other: np.ndarray) -> float:
    """Return the mean difference, in levels from 0 to 255."""
    return float(np.abs(picture.astype(int) - other).mean())
