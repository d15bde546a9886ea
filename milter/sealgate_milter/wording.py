"""Words that several outputs share."""


def counted(number: int, noun: str) -> str:
    """Return `1 message`, `2,000 messages`; the noun is one that takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
