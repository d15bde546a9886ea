"""What a detector yields."""

from typing import NamedTuple


class Match(NamedTuple):
    """A number or term found: where it stands (octets of the text) and its bare value, by which repetitions are one.

    `weight` is what it adds to a score.
    """

    start: int
    end: int
    value: bytes
    weight: int = 1
