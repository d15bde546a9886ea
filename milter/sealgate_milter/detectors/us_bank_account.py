"""US bank account numbers: no check digit at all, so a cue must name the account and, unless it says bank, another
word of banking must stand close by."""

import bisect
import re
from collections.abc import Iterator

import re2

from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import Numbers

NAME = "us-bank-account"
SENTENCE = "US bank account numbers beside words such as checking account, or account number near a word of banking."
EXAMPLE = "Checking account 000123456789"


def _valid(value: bytes) -> bool:
    return value.isdigit() and 6 <= len(value) <= 17 and len(set(value)) > 1


_SHAPE = r"[0-9]{6,17}|[0-9]{3,6}(?:[ -][0-9]{3,7}){1,3}"
_BETWEEN = r"[\s:#=.,()\"'_-]*(?:(?:number|no|num|nr|id|is|was|ban|below|details|and|the)\b[\s:#=.,()\"'_-]*){0,4}"
_ACCOUNT = r"acc(?:oun)?t\.?s?[ _-]?(?:number|no\b|num\b|nr\b|#|:|id\b)?"
_NUMBERS = Numbers(
    shape=_SHAPE,
    cue=rf"\b(?:bank|checking|chequing|savings|deposit|money market|escrow|brokerage|credit union|beneficiary|bank_)"
    rf"'?s?[ _-]{{0,2}}(?:{_ACCOUNT}|a/c)|\bbank (?:number|no\b|#)",
    valid=_valid,
    before=40,
    between=_BETWEEN,
)
_WEAK = Numbers(
    shape=_SHAPE,
    cue=r"\bacc(?:oun)?t\b|\ba/c\b|_account\b",
    valid=_valid,
    before=30,
    after=0,
    between=_BETWEEN,
)
_BANKING = re2.compile(
    rb"(?i:\b(?:routing|aba|checking|savings|direct deposit|ach|wire|credit union|fdic|rtn|beneficiary|"
    rb"bank name)\b)|\b[A-Z][A-Za-z]+ [Bb]ank\b|\bBank of [A-Z]|\b[Bb]ank:"
)
_PHONE = re.compile(rb"[2-9][0-9]{2}[ -][2-9][0-9]{2}[ -][0-9]{4}")
_NEAR = 120
GATE = f"{_NUMBERS.gate}|{_WEAK.gate}"


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8)."""
    taken: set[int] = set()
    for match in _NUMBERS.find(text):
        taken.add(match.start)
        if _PHONE.fullmatch(text[match.start : match.end]) is None:
            yield match
    words: list[int] | None = None
    for match in _WEAK.find(text):
        if words is None:
            words = [word.start() for word in _BANKING.finditer(text)]
        if match.start not in taken and _close(words, match.start):
            yield match


def _close(words: list[int], place: int) -> bool:
    """Tell whether one of the ordered `words` begins within reach of `place`."""
    index = bisect.bisect_left(words, place - _NEAR)
    return index < len(words) and words[index] <= place + _NEAR


FIRES = (
    "Checking account 000123456789", "My bank account number is 12345678901", "savings acct #: 1234-567-890",
    "Routing 021000021, account number 123456789", "Account no. 4455667788 at First National Bank",
    "Bank Account: 98765432", "direct deposit to account 12345678", "Account: 445566778, Chase Bank",
)  # fmt: skip
SILENT = (
    "account number 12345678", "Account number: 123456789 (gas), pay by bank transfer",
    "bank account opened 20240101", "Checking account balance: $1234567", "account 123",
    "your account manager 5551234567, bank", "bank account, phone 5551234567",
    "a savings account with 250000 dollars", "Our bank holiday: order 12345678",
)  # fmt: skip
