"""Numbers of accounts, claims, policies and files: everybody gives them, so they want much of health near them."""

from collections.abc import Iterator

from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.references import References

NAME = "reference-number"
SENTENCE = "Account, claim, policy, file and record numbers beside words that say so."
EXAMPLE = "claim number 2024-118822"
WEAK = True

_NUMBERED = (
    r"claim|policy|insurance|plan|account|acct|record|file|client|visit|admission|referral|certificate|employee|student"
)
_NUMBERS = References(_NUMBERED, r"claim|policy|acct|referral")
GATE = _NUMBERS.gate


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8)."""
    return _NUMBERS.find(text)


FIRES = (
    "claim number 2024-118822", "claim number 90881-2277 for", "policy number is HX 8891234", "Acct #: 5550012345",
    "Policy no. 771-229-0045", "WC claim 2290-118-A:", "Claim 55-2210987",
)  # fmt: skip
SILENT = (
    "the claim number of patients", "policy no phone 5551234567", "claim number 12", "Case #00881203",
    "account balance $1200",
)  # fmt: skip
