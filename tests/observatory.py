"""Scores an answer by the published rules of Mozilla's HTTP Observatory, as of 2025.

An answer starts with a hundred points and loses some for what is missing; bonuses count only from
90 on. The redirect from plain http is left out: that is the proxy's. Cookies and foreign scripts
are scored as the worst of their kind, since there should be none.
"""

import re
from collections.abc import Mapping
from typing import Final

SIX_MONTHS_S: Final = 15_768_000
BONUS_FROM: Final = 90
PRIVATE: Final = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
BROAD: Final = {"*", "http:", "https:", "data:", "blob:", "'unsafe-inline'"}
FOREIGN_SCRIPT: Final = re.compile(r"<script[^>]+src=[\"']?(?:https?:)?//", re.I)

Policy = Mapping[str, list[str]]


def score(headers: Mapping[str, str], body: str = "") -> int:
    """Return the points of an answer that came over https."""
    return sum_up(judge({name.lower(): value for name, value in headers.items()}, body))


def sum_up(verdicts: Mapping[str, int]) -> int:
    """Return the score of the verdicts; bonuses count only if it is good without them."""
    without = 100 + sum(points for points in verdicts.values() if points < 0)
    bonus = sum(points for points in verdicts.values() if points > 0)
    return max(0, without + bonus if without >= BONUS_FROM else without)


def judge(headers: Mapping[str, str], body: str) -> dict[str, int]:
    """Return the points for each aspect; `headers` are in lower case."""
    policy = parse_policy(headers.get("content-security-policy", ""))
    return {
        "content-security-policy": judge_policy(policy),
        "cookies": -40 if "set-cookie" in headers else 0,
        "cross-origin-resource-sharing": judge_sharing(headers),
        "cross-origin-resource-policy": judge_embedding(headers),
        "referrer-policy": judge_referrer(headers),
        "strict-transport-security": judge_transport(headers),
        "subresource-integrity": -50 if FOREIGN_SCRIPT.search(body) else 0,
        "x-content-type-options": 0 if headers.get("x-content-type-options") == "nosniff" else -5,
        "x-frame-options": judge_framing(policy, headers),
    }


def parse_policy(text: str) -> Policy:
    directives = [directive.split() for directive in text.split(";") if directive.strip()]
    return {name.lower(): sources for name, *sources in directives}


def judge_policy(policy: Policy) -> int:
    if not policy:
        return -25
    default = policy.get("default-src", ["*"])
    active = [*policy.get("script-src", default), *policy.get("object-src", default)]
    passive = [*policy.get("img-src", default), *policy.get("media-src", default)]
    if BROAD & set(active):
        return -20
    if any(source.startswith("http:") for source in active):
        return -20
    if "'unsafe-eval'" in active or any(source.startswith("http:") for source in passive):
        return -10
    if BROAD & set(policy.get("style-src", default)):
        return 0
    return 10 if default == ["'none'"] else 5


def judge_sharing(headers: Mapping[str, str]) -> int:
    is_shared_with_all = headers.get("access-control-allow-origin") in ("*", "null")
    return -50 if is_shared_with_all or "access-control-allow-credentials" in headers else 0


def judge_embedding(headers: Mapping[str, str]) -> int:
    points = {None: 0, "cross-origin": 0, "same-site": 10, "same-origin": 10}
    return points.get(headers.get("cross-origin-resource-policy"), -5)


def judge_referrer(headers: Mapping[str, str]) -> int:
    policy = headers.get("referrer-policy")
    return 0 if policy is None else 5 if policy in PRIVATE else -5


def judge_transport(headers: Mapping[str, str]) -> int:
    age = re.search(r"max-age=(\d+)", headers.get("strict-transport-security", ""))
    return -20 if age is None else -10 if int(age[1]) < SIX_MONTHS_S else 0


def judge_framing(policy: Policy, headers: Mapping[str, str]) -> int:
    if policy.get("frame-ancestors") in (["'none'"], ["'self'"]):
        return 5
    return 0 if headers.get("x-frame-options", "").upper() in ("DENY", "SAMEORIGIN") else -20
