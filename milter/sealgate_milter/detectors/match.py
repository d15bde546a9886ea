"""What a detector yields."""

from typing import NamedTuple


class Match(NamedTuple):
    """A number found: where it stands (octets of the text) and its bare value, by which repetitions are one."""

    start: int
    end: int
    value: bytes
