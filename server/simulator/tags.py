"""The tags that a strict service accepts: the known part of the real service's list."""

KNOWN_TAGS: frozenset[str] = frozenset(
    {
        "chill",
        "energetic",
        "romantic",
        "dance",
        "fun",
        "relaxing",
        "happy",
        "warm",
        "playful",
        "uplifting",
    }
)
