"""Untrusted JSON -> a frozen SubmissionForm whose every field can be stored.

Unknown keys are ignored, so a client can set no other column.
"""

import hashlib
import re
import unicodedata
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from server import words
from server.errors import FormRejected
from server.ids import COOKIE_ID
from server.photos.cleaning import photo_rejected

MIN_NAME_LENGTH: Final = 2
MAX_NAME_LENGTH: Final = 100
MAX_RAW_NAME_LENGTH: Final = 4 * MAX_NAME_LENGTH
INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks of Unicode's Default_Ignorable_Code_Point: fillers and variation selectors."""
IDEMPOTENCY_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class PetType(StrEnum):
    """The kind of pet."""

    DOG = "Dog"
    CAT = "Cat"
    BIRD = "Bird"
    FISH = "Fish"
    OTHER = "Other"


class MusicVibe(StrEnum):
    """The mood of the song."""

    CHILL = "Chill"
    ENERGETIC = "Energetic"
    ROMANTIC = "Romantic"
    PARTY = "Party"
    RELAXING = "Relaxing"
    OTHER = "Other"


def _check_name(text: str) -> str:
    # Normalisation takes quadratic time on long runs of combining marks, so the length is checked
    # first. No name of 100 characters has more than four times as many code points before NFC.
    name = unicodedata.normalize("NFC", text).strip(" ") if len(text) <= MAX_RAW_NAME_LENGTH else ""
    is_spelled = all(char == " " or unicodedata.category(char)[0] in "LM" for char in name)
    if not is_spelled:
        raise PydanticCustomError("name", words.LETTERS_ONLY)
    seen = INVISIBLE.sub("", name).strip(" ")
    if len(seen) < MIN_NAME_LENGTH or len(name) > MAX_NAME_LENGTH:
        raise PydanticCustomError("name", words.NAME_LENGTH)
    if any(unicodedata.category(word[0])[0] == "M" for word in seen.split()):
        raise PydanticCustomError("name", words.LETTERS_ONLY)
    return name


def _check_cookie_id(text: str | None) -> str | None:
    if not text:
        return None
    if not COOKIE_ID.fullmatch(text):
        raise PydanticCustomError("cookie_id", words.COOKIE_ID_INVALID)
    return text


Name = Annotated[str, Field(strict=True), AfterValidator(_check_name)]


class SubmissionForm(BaseModel):
    """The form as a visitor sends it.

    Names are trimmed, NFC, 2 to 100 visible letters and spaces. `photo` is base64, not decoded yet.
    `cookie_id` is None for a browser without one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    pet_name: Name
    pet_type: PetType
    photo: Annotated[str, Field(strict=True, min_length=1)]
    music_vibe: MusicVibe
    owner_name: Name
    cookie_id: Annotated[str | None, Field(strict=True), AfterValidator(_check_cookie_id)] = None

    def columns(self) -> dict[str, str]:
        """The fields that are stored under their own names: all but the photo and the sender."""
        return self.model_dump(mode="json", exclude={"photo", "cookie_id"})

    def hash(self) -> str:
        """SHA-256 in hex of the whole form, including the sender's cookie_id."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def read_form(document: dict[str, object]) -> SubmissionForm:
    """Validate a parsed JSON object; raise FormRejected with a message for each invalid field."""
    try:
        return SubmissionForm.model_validate(document)
    except ValidationError as error:
        fields = {
            str(problem["loc"][0]): _message(problem["type"], problem["msg"])
            for problem in error.errors(include_url=False, include_context=False)
        }
    if set(fields) == {"photo"}:
        raise photo_rejected()
    raise FormRejected("validation_failed", words.FORM_INVALID, fields)


def read_idempotency_key(text: str | None) -> str | None:
    """Validate the Idempotency-Key header; raise FormRejected if it is malformed."""
    if text is None or IDEMPOTENCY_KEY.fullmatch(text):
        return text
    raise FormRejected("invalid_idempotency_key", "Idempotency-Key: 1 to 64 of A-Z a-z 0-9 _ -")


def _message(kind: str, message: str) -> str:
    match kind:
        case "name" | "cookie_id":
            return message
        case "missing":
            return words.FIELD_MISSING
        case "enum":
            return words.NOT_AN_OPTION
        case _:
            return words.NOT_TEXT
