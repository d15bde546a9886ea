"""The outcome of classification: one decision a recipient, and the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What happens to one recipient's copy."""

    CLEAR = "clear"
    SECURE = "secure"
    HOLD = "hold"
    REJECT = "reject"


@dataclass(frozen=True)
class Decision:
    """One recipient's action and the rule that decided it; `None` when no rule did."""

    action: Action
    rule: str | None = None


@dataclass(frozen=True)
class Finding:
    """A test that matched: how often, in which part, and one match with its middle masked.

    `part` is `subject`, `header`, `envelope` or the number of a MIME part (`1`, `2.1`, …); `offset` counts the
    characters of that part's text before the first match. `text` is the place of the text in `Content.texts` (-1: no
    text), `spans` are the octets in it that matched.
    """

    test: str
    detector: str
    count: int
    part: str
    offset: int
    sample: str
    text: int = -1
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A part that could not be read, and why (`encrypted`, `broken`, `too-deep`, `too-many`, `too-big`, …)."""

    part: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What the policy says about one message.

    `subject` is the new raw value of the Subject field when a subject tag must be removed, else `None`; `mode` is
    `enforce` or `observe`.
    """

    recipients: Mapping[str, Decision]
    findings: tuple[Finding, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    mode: str = "enforce"
    subject: bytes | None = None
