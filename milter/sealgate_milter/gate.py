"""One pass over a text tells which tests could match in it: a RE2 set of every pattern."""

from collections.abc import Mapping

import re2

MEMORY = 256 << 20


class Gate:
    """The set of all tests' gate patterns, `{test name: pattern}`.

    RE2 gives the same answer for "nothing matches" and "out of memory". A canary that matches every text tells the
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
            self._canary = self._set.Add(b"(?s).")
            self._set.Compile()
        except re2.error as error:
            raise ValueError(str(error)) from error

    def open(self, text: bytes) -> list[str]:
        """Return the names of the tests that could match in `text`."""
        if not text:
            return []
        answer = self._set.Match(text)
        if not answer or self._canary not in answer:
            return list(self._names)
        return [self._names[index] for index in answer if index != self._canary]
