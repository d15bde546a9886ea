"""The delivery decision, recipient by recipient: known organisations get the mail itself, everyone else the portal."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Way(Enum):
    """How a copy reaches its recipient."""

    RELAY = "relay"
    PORTAL = "portal"


@dataclass(frozen=True)
class Disposition:
    """The decision for one recipient; `reason` is for the log."""

    way: Way
    reason: str


def decide(is_member: Callable[[str], bool], recipient: str, returned: bool = False) -> Disposition:
    """Return the disposition of `recipient`, an address.

    `is_member`: tells whether an address lies in the domain of a member with a mail server of its own;
    `returned`: the direct way was tried until its deadline, so only the portal is left.
    """
    if returned:
        return Disposition(Way.PORTAL, "direct delivery ran out of time")
    if is_member(recipient):
        return Disposition(Way.RELAY, "domain belongs to a member")
    return Disposition(Way.PORTAL, "not a member")
