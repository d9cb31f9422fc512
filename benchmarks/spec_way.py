"""The spec's renderer, implemented from its description, as the baseline.

`python -m benchmarks.spec_way PHOTO SONG OUT` makes one video and prints its measurements as JSON.
It runs in its own process, because only the largest peak memory of all ended children is known. It
imports nothing of `renderer` and uses only its three pictures.
"""

# mypy: allow-untyped-calls
# (mutagen is only partly typed.)

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

from mutagen.mp3 import MP3
from PIL import Image, ImageDraw

ASSETS: Final = Path(__file__).parents[1] / "renderer" / "assets"
CANVAS_PX: Final = 1080
SIZE_PX, FPS, RPM, CRF, AUDIO_BIT_RATE = 720, 15, 20, 28, "192k"
FRAMES: Final = 60 * FPS // RPM
PET_PX: Final = 360
BYTES_PER_KIB: Final = 1024  # Linux gives ru_maxrss in KiB


def main() -> None:
    """Make the video and print its measurements."""
    photo, song, out = map(Path, sys.argv[1:4])
    idle_bytes = _peak_bytes(resource.RUSAGE_SELF)
    start, before = perf_counter(), os.times()
    make_video(photo, song, out)
    wall_s, after = perf_counter() - start, os.times()
    own_bytes = _peak_bytes(resource.RUSAGE_SELF) - idle_bytes
    report = {
        "wall_s": wall_s,
        "cpu_s": sum(after[:4]) - sum(before[:4]),
        "peak_bytes": own_bytes + _peak_bytes(resource.RUSAGE_CHILDREN),
        "size_bytes": out.stat().st_size,
    }
    print(json.dumps(report))


def make_video(photo: Path, song: Path, out: Path) -> None:
    """Composite one rotation, and let ffmpeg loop and encode it for the length of the song."""
    duration_s = _read_duration_s(song)
    if duration_s < 60 / RPM:
        raise SystemExit(f"{song} is shorter than one rotation")
    command = ffmpeg_command(song, out, duration_s)
    with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None
        for frame in compose_frames(photo):
            ffmpeg.stdin.write(frame)
        ffmpeg.stdin.close()
    if ffmpeg.returncode:
        raise SystemExit(f"ffmpeg ended with exit code {ffmpeg.returncode}")


def ffmpeg_command(song: Path, out: Path, duration_s: float) -> list[str]:
    """The command line; what the spec leaves open (preset, threads) is ffmpeg's default."""
    raw = f"-f rawvideo -pix_fmt rgb24 -s {SIZE_PX}x{SIZE_PX} -r {FPS} -i pipe:0"
    loop = f"[0:v]loop=loop=-1:size={FRAMES}:start=0[video]"
    video = f"-c:v libx264 -crf {CRF} -pix_fmt yuv420p"
    audio = f"-c:a aac -b:a {AUDIO_BIT_RATE}"
    return [
        *("ffmpeg", "-y", "-loglevel", "error", *raw.split(), "-i", str(song)),
        *("-filter_complex", loop, "-map", "[video]", "-map", "1:a"),
        *(*video.split(), *audio.split(), "-t", f"{duration_s:.3f}", "-shortest", str(out)),
    ]


def compose_frames(photo: Path) -> Iterator[bytes]:
    """Yield the frames of one clockwise rotation as raw RGB."""
    background, vinyl, needle = (
        _load(ASSETS / name) for name in ("1080x1080-bg.png", "736-x-736-record.png", "needle.png")
    )
    pet_px = round(PET_PX * SIZE_PX / CANVAS_PX)
    pet = Image.open(photo).convert("RGBA").resize((pet_px, pet_px), Image.Resampling.LANCZOS)
    disc = Image.new("L", pet.size)
    ImageDraw.Draw(disc).ellipse((0, 0, pet_px - 1, pet_px - 1), fill=255)
    pet.putalpha(disc)
    for index in range(FRAMES):
        frame = background.copy()
        for layer in (vinyl, pet):
            turned = layer.rotate(-360 * index / FRAMES, Image.Resampling.BICUBIC)
            margin = (SIZE_PX - turned.width) // 2
            frame.alpha_composite(turned, (margin, margin))
        frame.alpha_composite(needle)
        yield frame.convert("RGB").tobytes()


def _read_duration_s(song: Path) -> float:
    info = MP3(song).info
    return float(info.length) if info else 0.0


def _load(path: Path) -> Image.Image:
    picture = Image.open(path).convert("RGBA")
    size = tuple(round(side * SIZE_PX / CANVAS_PX) for side in picture.size)
    return picture.resize((size[0], size[1]), Image.Resampling.LANCZOS)


def _peak_bytes(who: int) -> int:
    return resource.getrusage(who).ru_maxrss * BYTES_PER_KIB


if __name__ == "__main__":
    main()
