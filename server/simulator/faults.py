"""All faults of the simulator, and the switchboard that turns them on.

A fault that is off changes nothing; a fault with `times` turns itself off after that many uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """All faults; `value` is the parameter of each (defaults in `DEFAULT_VALUES`).

    Every call of the API:
    - `api_status`: answers the status `value` in HTML, like a proxy in front of it.
    - `api_hangs`: accepts the call and never answers.
    - `api_key_refused`: answers 400 with the real service's message for a mistyped key.

    Creating (`POST /v1/generations/v3`):
    - `create_status`: answers the status `value`, accepts nothing; `retry_after` is its header.
    - `create_slow`: accepts at once, answers after `value` seconds.
    - `create_lost`: cuts the connection; nothing was accepted.
    - `create_unanswered`: accepts, bills and cuts the connection without an answer.
    - `create_body`: accepts, but answers 200 with the text `value` (HTML, empty, `{}`, any JSON).
    - `create_duplicate`: accepts, but answers the task_id `value`, or that of the oldest.
    - `strict_tags`: an unknown tag is rejected with 422.

    Life of a generation, decided when it is accepted:
    - `generation_fails`: ends in FAILURE with the error message `value`.
    - `generation_stuck`: stays GENERATING forever.
    - `timed_lyrics`: each sung line has an LRC timestamp, `value` seconds after the one before.

    Webhook:
    - `webhook_never`: none is sent.
    - `webhook_late`: it is sent `value` seconds after the end.
    - `webhook_copies`: `value` of them are sent in parallel.
    - `webhook_before_answer`: the song ends and its webhook arrives before the answer.
    - `webhook_every_status`: intermediate states are announced too.
    - `webhook_contradiction`: a second webhook with the opposite final state follows.
    - `webhook_wrong_task_id`: it contains the task_id `value`, or an unknown one.
    - `webhook_forged`: a false SUCCESS with the song_paths `value` comes at once.
    - `webhook_fields`: the fields of `value` replace those of the payload (odd song_paths, huge
      error_message, unknown status).

    Reading (`GET /v1/generations/{id}` and its status):
    - `detail_status`: answers the HTTP status `value`.
    - `detail_fields`: the fields of `value` replace those of the answer (empty or foreign
      song_paths, null or huge lyrics, an unknown status).
    - `detail_without`: the fields named in `value` are missing.

    Downloading a song:
    - `download_status`: answers the HTTP status `value`.
    - `download_body`: answers 200 audio/mpeg with the text `value`, or the bytes after `base64:`.
    - `download_page`: answers 200 with an HTML page, like a host that is not ready yet.
    - `download_truncated`: states the whole length, closes after the share `value` of it.
    - `download_endless`: repeats the song forever, without a stated length.
    - `download_drip`: sends `value` bytes each second.
    - `download_stall`: sends `value` bytes, then nothing more.
    - `download_reset`: resets the connection after the share `value` of the song.
    - `download_redirect`: answers 302 to the URL `value`.
    - `download_gzip`: sends the song gzip-encoded, with `value` MiB of zeros behind it.

    Credits:
    - `credits`: the fields of `value` are the balance; below 100 in all, creating answers 402.
    - `credits_status`: the balance answers the HTTP status `value`.
    """

    API_STATUS = "api_status"
    API_HANGS = "api_hangs"
    API_KEY_REFUSED = "api_key_refused"
    CREATE_STATUS = "create_status"
    CREATE_SLOW = "create_slow"
    CREATE_LOST = "create_lost"
    CREATE_UNANSWERED = "create_unanswered"
    CREATE_BODY = "create_body"
    CREATE_DUPLICATE = "create_duplicate"
    STRICT_TAGS = "strict_tags"
    GENERATION_FAILS = "generation_fails"
    GENERATION_STUCK = "generation_stuck"
    TIMED_LYRICS = "timed_lyrics"
    WEBHOOK_NEVER = "webhook_never"
    WEBHOOK_LATE = "webhook_late"
    WEBHOOK_COPIES = "webhook_copies"
    WEBHOOK_BEFORE_ANSWER = "webhook_before_answer"
    WEBHOOK_EVERY_STATUS = "webhook_every_status"
    WEBHOOK_CONTRADICTION = "webhook_contradiction"
    WEBHOOK_WRONG_TASK_ID = "webhook_wrong_task_id"
    WEBHOOK_FORGED = "webhook_forged"
    WEBHOOK_FIELDS = "webhook_fields"
    DETAIL_STATUS = "detail_status"
    DETAIL_FIELDS = "detail_fields"
    DETAIL_WITHOUT = "detail_without"
    DOWNLOAD_STATUS = "download_status"
    DOWNLOAD_BODY = "download_body"
    DOWNLOAD_PAGE = "download_page"
    DOWNLOAD_TRUNCATED = "download_truncated"
    DOWNLOAD_ENDLESS = "download_endless"
    DOWNLOAD_DRIP = "download_drip"
    DOWNLOAD_STALL = "download_stall"
    DOWNLOAD_RESET = "download_reset"
    DOWNLOAD_REDIRECT = "download_redirect"
    DOWNLOAD_GZIP = "download_gzip"
    CREDITS = "credits"
    CREDITS_STATUS = "credits_status"


DEFAULT_VALUES: Mapping[Fault, Any] = {
    Fault.API_STATUS: 308,
    Fault.CREATE_STATUS: 503,
    Fault.CREATE_SLOW: 5.0,
    Fault.CREATE_BODY: "{}",
    Fault.CREATE_DUPLICATE: "",
    Fault.GENERATION_FAILS: "Generation failed due to content policy",
    Fault.TIMED_LYRICS: 3.5,
    Fault.WEBHOOK_LATE: 2.0,
    Fault.WEBHOOK_COPIES: 2,
    Fault.WEBHOOK_WRONG_TASK_ID: "00000000-0000-4000-8000-000000000000",
    Fault.WEBHOOK_FORGED: ["https://attacker.invalid/song.mp3"],
    Fault.WEBHOOK_FIELDS: {"song_paths": []},
    Fault.DETAIL_STATUS: 500,
    Fault.DETAIL_FIELDS: {"song_paths": []},
    Fault.DETAIL_WITHOUT: ["status"],
    Fault.DOWNLOAD_STATUS: 404,
    Fault.DOWNLOAD_BODY: "<!doctype html><title>Sorry</title><p>This song is not here.",
    Fault.DOWNLOAD_TRUNCATED: 0.5,
    Fault.DOWNLOAD_DRIP: 2,
    Fault.DOWNLOAD_STALL: 1024,
    Fault.DOWNLOAD_RESET: 0.5,
    Fault.DOWNLOAD_REDIRECT: "http://127.0.0.1:9/song.mp3",
    Fault.DOWNLOAD_GZIP: 1,
    Fault.CREDITS: {"num_credits": 0, "num_credits_payg": 0},
    Fault.CREDITS_STATUS: 500,
}


@dataclass(frozen=True, slots=True)
class Switch:
    """One active fault: its value, and how many uses are left (None: until cleared)."""

    fault: Fault
    value: Any = None
    times: int | None = None
    retry_after: str | None = None

    @classmethod
    def parse(cls, fields: object) -> Switch:
        """Read one switch from JSON.

        Raises:
            ValueError: an unknown fault or a value of the wrong type, with the reason.
        """
        if not isinstance(fields, dict):
            raise ValueError('each fault is an object like {"fault": "webhook_never"}')
        unknown = fields.keys() - {"fault", "value", "times", "retry_after"}
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        if fields.get("fault") not in set(Fault):
            raise ValueError(f"unknown fault {fields.get('fault')!r}; known: {', '.join(Fault)}")
        fault = Fault(fields["fault"])
        default = DEFAULT_VALUES.get(fault)
        value = fields.get("value")
        if value is None:
            value = default
        elif isinstance(default, float) and isinstance(value, int):
            value = float(value)
        if not isinstance(value, type(default)):
            raise ValueError(f"{fault} takes a value like {default!r}, not {value!r}")
        times = fields.get("times")
        if times is not None and not (isinstance(times, int) and times > 0):
            raise ValueError("times is a positive number, or null for 'until cleared'")
        return cls(fault, value, times, fields.get("retry_after"))

    def as_json(self) -> dict[str, Any]:
        """The format that `parse` reads."""
        return asdict(self)


class Switchboard:
    """The active faults."""

    def __init__(self) -> None:
        self._switches: dict[Fault, Switch] = {}

    def replace(self, switches: Iterable[Switch]) -> None:
        """Turn on exactly these faults."""
        self._switches = {switch.fault: switch for switch in switches}

    def take(self, fault: Fault) -> Switch | None:
        """Use a fault once; return its switch, or None if it is off."""
        switch = self._switches.get(fault)
        if switch is None or switch.times is None:
            return switch
        if switch.times == 1:
            del self._switches[fault]
        else:
            self._switches[fault] = Switch(
                fault, switch.value, switch.times - 1, switch.retry_after
            )
        return switch

    def as_json(self) -> list[dict[str, Any]]:
        """The active switches."""
        return [switch.as_json() for switch in self._switches.values()]
