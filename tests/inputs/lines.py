"""The lists of bad inputs in this folder, one JSON object per line."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.forms import write_form
from tests.inputs.audio import compose
from tests.inputs.images import draw

FOLDER: Final = Path(__file__).parent
JSON_TYPE: Final = "application/json"
FORM: Final[Mapping[str, object]] = write_form(base64.b64encode(draw("saved")).decode())
RECIPES: Final = {"image": draw, "audio": compose}

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """The exact bytes to send; `headers` follow Host in the listed order."""

    method: str
    target: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def read_lines(kind: str) -> list[Line]:
    """Return the lines of one kind in order."""
    text = (FOLDER / f"{kind}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def read_bytes(line: Line) -> bytes:
    """Return a line's content: a text, base64, a repeated text, a recipe, or a changed form."""
    match line:
        case {"text": str(text), "times": int(times)}:
            return text.encode() * times
        case {"text": str(text)}:
            return text.encode()
        case {"base64": str(encoded)}:
            return base64.b64decode(encoded)
        case {"image": str(name)} | {"audio": str(name)}:
            return RECIPES["image" if "image" in line else "audio"](name, **line.get("with", {}))
        case {"form": dict(changes)}:
            kept = {key: value for key, value in FORM.items() if key not in line.get("without", ())}
            return json.dumps({**kept, **changes}).encode()
        case _:
            return b""


def build_request(kind: str, line: Line) -> Request:
    """Return the request that sends a line of an HTTP kind."""
    as_json = (("Content-Type", JSON_TYPE),)
    match kind:
        case "names":
            name = line["text"] * line.get("times", 1)
            form = {**FORM, "pet_name": name, "owner_name": name}
            return Request("POST", "/api/submissions", json.dumps(form).encode(), as_json)
        case "json":
            return Request("POST", "/api/submissions", read_bytes(line), as_json)
        case "images":
            is_text = "text" in line
            photo = line["text"] if is_text else base64.b64encode(read_bytes(line)).decode()
            form = {**FORM, "photo": photo * line.get("times", 1) if is_text else photo}
            return Request("POST", "/api/submissions", json.dumps(form).encode(), as_json)
        case _:
            headers = tuple((name, value) for name, value in line.get("headers", ()))
            if not headers and kind == "webhooks":
                headers = as_json
            method, target = line["request"].split(" ", 1)
            target *= line.get("longer", 1)
            return Request(method, target, read_bytes(line), headers)
