"""What a condition is, and the families of tests that conditions build.

A `TextTest` finds matches in the texts of a message, a `NearTest` rests on such tests, a `FactTest` is true or not for
the message and one recipient.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sealgate_milter.detectors.match import Match
from sealgate_milter.message import Message
from sealgate_milter.reading import Content
from sealgate_milter.registered.registry import NOTHING, Registered
from sealgate_milter.verdict import Finding

SCOPES = ("subject", "headers", "body", "footer", "attachment", "file-name")


@dataclass(frozen=True)
class TextTest:
    """A test on texts: `gate` is a RE2 pattern that matches wherever `find` could yield something.

    Without a gate, `find` looks at every text by itself.
    """

    detector: str
    gate: str | None
    find: Callable[[bytes], Iterator[Match]]
    more: tuple["TextTest", ...] = ()
    """Further detectors that belong to the same test."""


@dataclass(frozen=True)
class NearTest:
    """A test on other text tests, by name: whether matches of all of them lie close together in one text."""

    detector: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What a fact test may look at."""

    message: Message
    content: Content
    known_thread: Callable[[Sequence[str]], bool]
    known_recipient: Callable[[Message, str, bool], bool] = lambda *_: False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    registered: Registered = NOTHING
    known: dict[str, Any] = field(default_factory=dict)
    """What tests of the same message have found out and need not look for again."""


@dataclass(frozen=True)
class FactTest:
    """A test on facts: `holds(facts, recipient)`; `varies` when the answer depends on the recipient."""

    detector: str
    holds: Callable[[Facts, str], bool]
    varies: bool = False
    tags: tuple[str, ...] = ()
    """Subject tags that a rule with this test removes."""
    evidence: Callable[[Facts, str], list[Finding]] | None = None
    """Findings of the test of this name, when there is more to say than that it is true."""
    ready: Callable[[Registered], None] | None = None
    """Raises `ParameterError` when what is registered cannot serve the test."""
    doubt: Callable[[Registered], str] | None = None
    """Returns why the test can hardly ever be true with what is registered, `""` when it can."""


Test = TextTest | FactTest | NearTest


@dataclass(frozen=True)
class Condition:
    """A condition as declared: its key, its text for the reference, an example in TOML, its builder.

    The builder raises `ConditionError` with a sentence that says what to write instead.
    """

    key: str
    text: str
    example: str
    build: Callable[[object, Path], Test]
