"""The rule of `sealing.md` 5: *may* a session read a copy, *can* it, and what can be done when not.

Pure: facts in, answer out; the first line of the table that fits wins. Text, parts, reply, print and download all ask
here and nowhere else. Every answer but `Unknown` names at least one way on.
"""

from dataclasses import dataclass
from enum import StrEnum

WRAP_ORDER = ("address", "link", "service")


class Way(StrEnum):
    """What a recipient can do next."""

    CODE = "code"
    """Have a code mailed and type it."""
    PASSWORD = "password"  # noqa: S105  (a name, not a secret)
    PASSKEY = "passkey"
    SET_UP = "set-up"
    """Set up what reaches the level."""
    PASTE = "paste"
    """Paste the notice, or open its link."""
    NEW_NOTICE = "new-notice"
    """Have a new notice mailed."""
    WRITE = "write"
    """Write to the sender."""
    EXTEND = "extend"
    """Ask the sender to extend."""


REACHES = {Way.CODE: 1, Way.PASSWORD: 2, Way.PASSKEY: 3}
"""Level of proof that a way reaches."""


@dataclass(frozen=True)
class CopyFacts:
    """A copy as the rule sees it; `wraps` holds `(kind, opener)`."""

    state: str
    level: int
    expires: int
    wraps: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class SessionFacts:
    """A session as the rule sees it.

    `links`: notices whose link it holds; `level`: proof of the copy's address; `address_keys`: ids of the address
    keys that it can use; `notices_of_copy`: notices that cover the copy; `methods`: ways of proof that the account
    has set up, `None` when nobody may be told or knows.
    """

    links: frozenset[str]
    level: int
    address_keys: frozenset[str]
    notices_of_copy: frozenset[str]
    methods: frozenset[Way] | None = None


@dataclass(frozen=True)
class Unknown:
    """Nothing is admitted, not even that there is a copy."""


@dataclass(frozen=True)
class Gone:
    """The copy has ended: `reason` is `recalled`, `gone` or `expired`."""

    reason: str
    ways: frozenset[Way]


@dataclass(frozen=True)
class Prove:
    """The session must prove the address at `level` first."""

    level: int
    ways: frozenset[Way]


@dataclass(frozen=True)
class Read:
    """The session may read, and the wrap `(kind, opener)` opens it."""

    kind: str
    opener: str


@dataclass(frozen=True)
class Unlock:
    """The session may read, but holds nothing that opens the copy."""

    ways: frozenset[Way]


Answer = Unknown | Gone | Prove | Read | Unlock


def admit(copy: CopyFacts, session: SessionFacts, now: int) -> Answer:
    """Return the one answer for this copy in this session at this time."""
    held = session.links & session.notices_of_copy
    if not held and session.level < 1:
        return Unknown()
    if copy.state in {"recalled", "gone"}:
        return Gone(copy.state, frozenset({Way.WRITE}))
    if copy.state == "expired" or copy.expires <= now:
        return Gone("expired", frozenset({Way.EXTEND}))
    if session.level < copy.level or session.level < 1:
        level = max(copy.level, 1)
        return Prove(level, _proofs(level, session.methods))
    usable = {"address": session.address_keys, "link": held}
    for kind in WRAP_ORDER:
        openers = [opener for of, opener in copy.wraps if of == kind and opener in usable.get(kind, {opener})]
        if openers:
            return Read(kind, max(openers))
    return Unlock(frozenset({Way.PASSWORD, Way.PASTE, Way.NEW_NOTICE, Way.WRITE}))


def _proofs(level: int, methods: frozenset[Way] | None) -> frozenset[Way]:
    """Every method that reaches the level; the mailbox always reaches 1; something to set up where nothing does."""
    known = frozenset(REACHES) if methods is None else methods | {Way.CODE}
    reaching = frozenset(way for way in known if REACHES.get(way, 0) >= level)
    if methods is None and level > 1:
        return reaching | {Way.SET_UP}
    return reaching or frozenset({Way.SET_UP})
