"""What a format module hands out, and the budget that all files of one attachment share."""

from dataclasses import dataclass

MAX_INFLATED = 100_000_000
"""Octets that one attachment may unpack to, over all its layers."""
MAX_MEMBERS = 1_000
"""Files that one attachment may hold, over all its layers."""
MAX_DEPTH = 3
"""Archives within archives that are opened."""
SECONDS = 4.6
"""What one attachment may take, with all that is in it: less than 5 with the way there and back."""
RATIO = 200
RATIO_FROM = 10_000_000
"""What unpacks to more than this many octets, and to more than `RATIO` times its own size, is a bomb."""


@dataclass(frozen=True)
class Passage:
    """A text with the place in the file where it stands: `word/comments.xml`, `sheet Pay`, `page 3`."""

    place: str
    text: str


@dataclass(frozen=True)
class File:
    """A file within a file; `type` is the media type it claims, `""` when it claims none."""

    name: str
    body: bytes
    type: str = ""


@dataclass(frozen=True)
class Unread:
    """Something here could not be read; `place` says where when it is not the whole file."""

    reason: str
    place: str = ""


class Exceeded(Exception):
    """A limit of the budget; `reason` is the reason code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Budget:
    """Counts what is unpacked from one attachment of `size` octets.

    Sizes that a file declares count for nothing: a reader takes what it has unpacked, chunk by chunk.
    """

    def __init__(self, size: int) -> None:
        self._ceiling = min(MAX_INFLATED, max(RATIO_FROM, RATIO * size))
        self._inflated = 0
        self._members = 0

    @property
    def left(self) -> int:
        """Octets that may still be unpacked."""
        return self._ceiling - self._inflated

    def take(self, octets: int) -> None:
        """Count unpacked octets; raise `Exceeded("too-large")` over the limit."""
        self._inflated += octets
        if self._inflated > self._ceiling:
            raise Exceeded("too-large")

    def enclose(self, octets: int) -> None:
        """Count a file within the file and its size: both limits in one."""
        self.member()
        self.take(octets)

    def member(self) -> None:
        """Count a file within the file; raise `Exceeded("too-many")` over the limit."""
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise Exceeded("too-many")


Found = str | Passage | File | Unread
"""What a format module's `extract(body, budget) -> Iterator[Found]` yields."""
