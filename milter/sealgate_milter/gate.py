"""One pass over a text tells which tests could match in it: RE2 sets of every pattern."""

import re
from collections.abc import Mapping

import re2

MEMORY = 128 << 20


_SHAPE = re.compile(r"\[[^\[\]]*(?:0-9|A-Z)|\\d")
LARGE = 1000
"""Characters from which on a pattern is large."""


class Gate:
    """The gate patterns of all tests, `{test name: pattern}`.

    RE2 builds an automaton's states as texts call for them. Patterns of words, shapes of numbers and large patterns
    multiply each other's states in one set; in a set for each kind, a fresh worker is several times as fast until it
    has seen enough mail.
    """

    def __init__(self, patterns: Mapping[str, str]) -> None:
        kinds: dict[int, dict[str, str]] = {}
        for name, pattern in patterns.items():
            kind = 2 if len(pattern) > LARGE else 1 if _SHAPE.search(pattern) else 0
            kinds.setdefault(kind, {})[name] = pattern
        self._sets = [_Set(part) for part in kinds.values()]

    def open(self, text: bytes) -> list[str]:
        """Return the names of the tests that could match in `text`."""
        return [name for one in self._sets for name in one.open(text)] if text else []


class _Set:
    """One RE2 set.

    It gives the same answer for "nothing matches" and "out of memory". A canary that matches every text tells the
    two apart: without it in the answer, every test is looked at.
    """

    def __init__(self, patterns: Mapping[str, str]) -> None:
        options = re2.Options()
        options.max_mem = MEMORY
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        self._names = list(patterns)
        try:
            for pattern in patterns.values():
                self._set.Add(pattern.encode("utf-8"))
            self.canary = self._set.Add(b"(?s).")
            self._set.Compile()
        except re2.error as error:
            raise ValueError(str(error)) from error

    def open(self, text: bytes) -> list[str]:
        """Return the names whose pattern matches in `text`."""
        answer = self._set.Match(text)
        if not answer or self.canary not in answer:
            return self._names
        return [self._names[index] for index in answer if index != self.canary]
