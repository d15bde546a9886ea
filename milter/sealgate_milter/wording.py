"""Words that several outputs share."""


def counted(number: int, noun: str, many: str = "") -> str:
    """Return `1 message`, `2,000 messages`; `many` is the plural of a noun that does not just take an s."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"
