"""The outcome of classification: one decision a recipient, and the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Action(Enum):
    """What happens to one recipient's copy."""

    CLEAR = "clear"
    SECURE = "secure"
    HOLD = "hold"
    REJECT = "reject"


@dataclass(frozen=True)
class Effect:
    """What a rule brings about besides its action: who gets a notice, and who a blind copy."""

    rule: str
    tell_sender: bool = False
    tell: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """True when there is something to do."""
        return bool(self.tell_sender or self.tell or self.bcc)


@dataclass(frozen=True)
class Decision:
    """One recipient's action and the rule that decided it; `None` when no rule did.

    `released`: what becomes of a held copy when an admin releases it, secure or clear; `vetoed`: the rule that would
    have let the copy out in clear, had this one no veto.
    """

    action: Action
    rule: str | None = None
    released: Action = Action.CLEAR
    vetoed: str | None = None
    effects: tuple[Effect, ...] = ()

    @property
    def route(self) -> Action:
        """What the copy does in the end: a held one goes the way of its release."""
        return self.released if self.action is Action.HOLD else self.action


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
    """A part that could not be read, and why (`encrypted`, `broken`, `too-deep`, `too-many`, `too-large`, …)."""

    part: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What the policy says about one message.

    `copies` are the blind copies that rules ask for, by address; `subjects` are new raw values of Subject fields, by
    their place from 1, where a tag must be removed; `mode` is `enforce` or `observe`.
    """

    recipients: Mapping[str, Decision]
    findings: tuple[Finding, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    mode: str = "enforce"
    copies: Mapping[str, Decision] = field(default_factory=dict)
    subjects: Mapping[int, bytes] = field(default_factory=dict)
