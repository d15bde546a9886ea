"""Boolean expressions over test names: `(ssn or card) and not internal-tool`.

`not` binds tighter than `and`, `and` tighter than `or`. A name is letters, digits, `-`, `_` and `.`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_DEPTH = 50

_TOKEN = re.compile(r"\s*(?:([()])|([\w.-]+)|(\S))")
_WORDS = {"and", "or", "not"}


class ExpressionError(ValueError):
    """An expression that cannot be used; `str()` says what is wrong and what to write instead."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression: `names` are the tests it rests on; call it with a look-up to learn whether it holds."""

    source: str
    names: frozenset[str]
    holds: Callable[[Callable[[str], bool]], bool]

    def __call__(self, known: Callable[[str], bool]) -> bool:
        """Tell whether the expression holds, given which tests do."""
        return self.holds(known)


_Node = Callable[[Callable[[str], bool]], bool]


def parse(source: str) -> Expression:
    """Return the expression in `source`; raise `ExpressionError`."""
    parser = _Parser(source)
    node = parser.either(0)
    if parser.token:
        raise ExpressionError(f"{parser.token!r} is not expected here; join two tests with `and` or `or`")
    return Expression(source, frozenset(parser.names), node)


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, source: str) -> None:
        self._tokens: list[str] = []
        for mark, name, wrong in _TOKEN.findall(source):
            if wrong:
                raise ExpressionError(f"{wrong!r} means nothing here; an expression has test names, and, or, not, ( )")
            self._tokens.append(mark or name)
        self._tokens.reverse()
        self.names: set[str] = set()

    @property
    def token(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _take(self, token: str) -> bool:
        if self.token.lower() != token:
            return False
        self._tokens.pop()
        return True

    def either(self, depth: int) -> _Node:
        left = self._both(depth)
        while self._take("or"):
            left = _either(left, self._both(depth))
        return left

    def _both(self, depth: int) -> _Node:
        left = self._one(depth)
        while self._take("and"):
            left = _both(left, self._one(depth))
        return left

    def _one(self, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply; give a part of it a rule of its own")
        if self._take("not"):
            return _negated(self._one(depth + 1))
        if self._take("("):
            inner = self.either(depth + 1)
            if not self._take(")"):
                raise ExpressionError("a `(` is not closed; add `)`")
            return inner
        name = self.token
        if not name or name in "()" or name.lower() in _WORDS:
            where = f"before {name!r}" if name else "at the end"
            raise ExpressionError(f"a test name is missing {where}")
        self._tokens.pop()
        self.names.add(name)
        return lambda known: known(name)


def _either(left: _Node, right: _Node) -> _Node:
    return lambda known: left(known) or right(known)


def _both(left: _Node, right: _Node) -> _Node:
    return lambda known: left(known) and right(known)


def _negated(inner: _Node) -> _Node:
    return lambda known: not inner(known)
