"""The tags that a strict service takes: the known part of the real one's closed list."""

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
