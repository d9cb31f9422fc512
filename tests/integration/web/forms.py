"""A form as a visitor sends it, for tests to change."""

import base64
import io
from functools import cache
from typing import Any

from PIL import Image

from server.submissions.lifecycle import STATUS_OF, Stage
from server.submissions.model import Submission
from tests.forms import ANSWERS, COOKIE_ID, write_form

SESSION_ID = "clxyz123abc456def789ghij"
UNKNOWN_ID = "clxyz123abc456def789gone"


@cache
def photo_base64(size: tuple[int, int] = (600, 600), kind: str = "JPEG") -> str:
    """Return a picture in base64."""
    content = io.BytesIO()
    Image.new("RGB", size, (200, 120, 80)).save(content, kind)
    return base64.b64encode(content.getvalue()).decode()


def form(**changes: object) -> dict[str, object]:
    """Return a valid form with some fields changed."""
    return write_form(photo_base64()) | changes


async def store_submission(stage: Stage = Stage.QUEUED, **columns: object) -> Submission:
    """Store a row as the pipeline would leave it in `stage`."""
    values: dict[str, Any] = {
        "session_id": SESSION_ID,
        "cookie_id": COOKIE_ID,
        "photo_path": f"/uploads/{SESSION_ID}.jpg",
        **ANSWERS,
        "stage": stage.value,
        "entry_status": STATUS_OF[stage].value,
        **columns,
    }
    return await Submission.create(**values)
