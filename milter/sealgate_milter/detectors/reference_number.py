"""Numbers of accounts, claims, policies and files: everybody gives them, so they want much of health near them."""

import re
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
_OF_GROUP = re.compile(rb"(?i)\b(?:number|no|id)\.? (?:for|of) (?:the |our |your )?group\b[^.;\n]{0,12}\Z")
_ANIMAL = re.compile(
    rb"(?i)\bveterinar(?=y|ian)|\bpet insurance|\b(?:vet|pet|animal) (?:clinic|hospital)|\bvet(?=s?\b)|"
    rb"\b(?:our|my|your|his|her|their) (?:dog|cat|horse|puppy|kitten|rabbit|pet)\b"
)
AROUND = 300
"""Octets around a number in which two such words are enough."""
GATE = _NUMBERS.gate


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8)."""
    for match in _NUMBERS.find(text):
        around = text[max(0, match.start - AROUND) : match.end + AROUND]
        if not _OF_GROUP.search(text, max(0, match.start - 48), match.start) and len(_animals(around)) < 2:
            yield match


def _animals(text: bytes) -> set[bytes]:
    """Return the different words that say that the patient is an animal."""
    return {found.lower() for found in _ANIMAL.findall(text)}


FIRES = (
    "claim number 2024-118822", "claim number 90881-2277 for", "policy number is HX 8891234", "Acct #: 5550012345",
    "Policy no. 771-229-0045", "WC claim 2290-118-A:", "Claim 55-2210987",
    "bitten by her dog, claim number 2024-118822",
)  # fmt: skip
SILENT = (
    "the claim number of patients", "policy no phone 5551234567", "claim number 12", "Case #00881203",
    "account balance $1200",
    "our dog Rex has diabetes, claim number 2024-118822 for the pet insurance", "policy number for group is 12345678",
)  # fmt: skip
