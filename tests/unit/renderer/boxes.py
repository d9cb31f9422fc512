"""An MP4 as its tree of boxes (ISO/IEC 14496-12), read without FFmpeg."""

import struct
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

FOLDERS = ("moov", "trak", "edts", "mdia", "minf", "stbl")


@dataclass(frozen=True)
class Box:
    """`content` is what follows the box's own size and name."""

    name: str
    content: bytes

    @cached_property
    def children(self) -> "list[Box]":
        """The boxes inside, if the box is a container."""
        return split_boxes(self.content) if self.name in FOLDERS else []

    def all(self, path: str) -> "list[Box]":
        """Return the boxes at a path such as "mdia/minf"."""
        name, _, rest = path.partition("/")
        found = [child for child in self.children if child.name == name]
        return [box for child in found for box in child.all(rest)] if rest else found

    def one(self, path: str) -> "Box":
        """Return the only box at a path."""
        (box,) = self.all(path)
        return box

    def numbers(self, layout: str, at: int = 0) -> tuple[int, ...]:
        """Unpack numbers, big-endian."""
        return struct.unpack_from(f">{layout}", self.content, at)

    def table(self, layout: str, at: int = 8) -> list[tuple[int, ...]]:
        """Unpack the rows of a table, whose count precedes them."""
        (count,) = self.numbers("I", at - 4)
        width = struct.calcsize(f">{layout}")
        return [self.numbers(layout, at + row * width) for row in range(count)]


def split_boxes(content: bytes) -> list[Box]:
    """Return the boxes that `content` consists of."""
    found, at = [], 0
    while at < len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        assert 8 <= size <= len(content) - at
        found.append(Box(name.decode("latin-1"), content[at + 8 : at + size]))
        at += size
    return found


def read_boxes(path: Path) -> list[Box]:
    """Return the boxes of a file in order."""
    return split_boxes(path.read_bytes())


@dataclass(frozen=True)
class Track:
    """One `trak`; times are in units of its own `timescale`, edits in those of the video."""

    box: Box

    @property
    def kind(self) -> str:
        """Its handler: "vide" or "soun"."""
        return self.box.one("mdia/hdlr").content[8:12].decode()

    @property
    def timescale(self) -> int:
        """Units of time per second."""
        return self.box.one("mdia/mdhd").numbers("I", 12)[0]

    @property
    def samples(self) -> tuple[Box, ...]:
        """The sample entries, which say how the samples are coded."""
        return tuple(split_boxes(self.box.one("mdia/minf/stbl/stsd").content[8:]))

    @property
    def edits(self) -> list[tuple[int, ...]]:
        """Duration, media time and rate of every edit."""
        return [row for edit in self.box.all("edts/elst") for row in edit.table("IiI")]

    @property
    def decode_times(self) -> list[int]:
        """When each sample is decoded, which is also when it is shown if there is no `ctts`."""
        steps = [step for count, step in self._stbl("stts").table("II") for step in [step] * count]
        return [0, *accumulate(steps)][: len(steps)]

    @property
    def sync_samples(self) -> list[int]:
        """The samples at which decoding may start, from 0 on."""
        return [number - 1 for (number,) in self._stbl("stss").table("I")]

    def read_samples(self, path: Path) -> list[bytes]:
        """Return each sample's bytes."""
        content = path.read_bytes()
        sizes = [size for (size,) in self._stbl("stsz").table("I", 12)]
        chunks = [offset for (offset,) in self._stbl("stco").table("I")]
        runs = self._stbl("stsc").table("III")
        ends = [first for first, _, _ in runs[1:]] + [len(chunks) + 1]
        per_chunk = [
            count
            for (first, count, _), end in zip(runs, ends, strict=True)
            for _ in range(first, end)
        ]
        found: list[bytes] = []
        for at, count in zip(chunks, per_chunk, strict=True):
            for size in sizes[len(found) : len(found) + count]:
                found.append(content[at : at + size])
                at += size
        return found

    def _stbl(self, name: str) -> Box:
        return self.box.one(f"mdia/minf/stbl/{name}")


def read_tracks(path: Path) -> dict[str, Track]:
    """Return a video's tracks by kind; fails if there are two of one kind."""
    (moov,) = (box for box in read_boxes(path) if box.name == "moov")
    tracks = [Track(box) for box in moov.all("trak")]
    assert len({track.kind for track in tracks}) == len(tracks)
    return {track.kind: track for track in tracks}


def list_nal_types(sample: bytes) -> list[int]:
    """Return the types of an H.264 sample's units, each preceded by its length in 4 bytes."""
    found, at = [], 0
    while at < len(sample):
        (length,) = struct.unpack_from(">I", sample, at)
        found.append(sample[at + 4] & 31)
        at += 4 + length
    return found
