"""How much work one message may make: time of its thread, asked for in the long loops of detectors."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS = 6.0
"""Processor time that one message gets to be searched; ordinary ones need a few thousandths of it."""
LATEST = 10.0
"""Seconds by the clock on the wall after which it is over, however busy the machine: Postfix waits for an answer."""
EVERY = 256
"""Steps between two looks at the clock."""


class Spent(Exception):
    """The time for this message is over."""


class Effort:
    """An allowance of `seconds` on `clock` and `LATEST` on `wall`, from now on."""

    def __init__(
        self,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.thread_time,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._wall = clock, wall
        self._end = clock() + seconds
        self._latest = wall() + LATEST
        self.steps = 0

    def step(self) -> None:
        """Count one step; raise `Spent` when the time is over."""
        self.steps += 1
        if self.steps % EVERY == 0:
            self.check()

    def check(self) -> None:
        """Raise `Spent` when the time is over."""
        if self._clock() > self._end or self._wall() > self._latest:
            raise Spent


_here = threading.local()


@contextmanager
def limited(effort: Effort) -> Iterator[None]:
    """Count the steps of this thread against `effort` for the while."""
    before = getattr(_here, "effort", None)
    _here.effort = effort
    try:
        yield
    finally:
        _here.effort = before


def step() -> None:
    """Count one step of a loop over a text, some microseconds; raise `Spent` when a limit is set and reached."""
    effort: Effort | None = getattr(_here, "effort", None)
    if effort is not None:
        effort.step()
