"""Stores generations and songs in a folder, across restarts.

A file is either complete or missing: it is written under another name first.
"""

from __future__ import annotations

from pathlib import Path

from .generation import Generation


class Archive:
    """One JSON file per generation in `folder`, its MP3 beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for partial in folder.glob("*.part"):
            partial.unlink()
        stored = (
            Generation.model_validate_json(path.read_bytes()) for path in folder.glob("*.json")
        )
        self.generations: dict[str, Generation] = {
            generation.task_id: generation
            for generation in sorted(stored, key=lambda generation: generation.created_at)
        }

    def save(self, generation: Generation) -> None:
        self.generations[generation.task_id] = generation
        path = self._folder / f"{generation.task_id}.json"
        partial = path.with_suffix(".json.part")
        partial.write_text(generation.model_dump_json(), encoding="utf-8")
        partial.replace(path)

    def song(self, task_id: str) -> Path:
        """The path of a known generation's song, existing or not."""
        return self._folder / f"{self.generations[task_id].task_id}.mp3"
