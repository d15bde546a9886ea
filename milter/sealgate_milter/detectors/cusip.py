"""CUSIP security numbers of North America: eight letters or digits and a check digit, beside a cue."""

import re

from sealgate_milter.detectors.numbers import Numbers

NAME = "cusip"
SENTENCE = "CUSIP numbers of North American securities, with a right check digit, beside words such as CUSIP."
EXAMPLE = "CUSIP 037833100 (Apple)"

_VALID = re.compile(rb"[0-9A-HJ-NP-Z][0-9]{2}[0-9A-HJ-NP-Z*@#]{5}[0-9]")


def valid(value: bytes) -> bool:
    """Tell whether `value` (upper case) has a CUSIP's structure and a right check digit."""
    if _VALID.fullmatch(value) is None:
        return False
    total = 0
    for place, octet in enumerate(value[:8]):
        doubled = int(chr(octet), 36) * (1 + place % 2)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10 == value[8] - 48


_NUMBERS = Numbers(
    shape=r"[0-9A-Za-z][0-9]{2}[0-9A-Za-z]{3}[ -]?[0-9A-Za-z]{2}[ -]?[0-9]",
    cue=r"cusip|\bcins\b|committee on uniform securit|\bsecurity (?:id|identifier)\b|"
    r"\b(?:bond|note|fund|share)s? (?:id|number|no)\b",
    valid=valid,
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "CUSIP 037833100", "CUSIP: 38259P508", "cusip=17275R102", "594918104 (CUSIP)", "Bond\tCUSIP\nA\t912828YK0\n",
    "CUSIP# 68389X-10-5",
)  # fmt: skip
SILENT = (
    "037833100", "social security number 037833100", "CUSIP 037833101", "CUSIP 38259P509",
    "CUSIP pending, phone 037833100", "CUSIP 0378331001",
)  # fmt: skip
