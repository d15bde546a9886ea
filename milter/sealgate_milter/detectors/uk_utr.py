"""Unique taxpayer references of the United Kingdom: ten digits, the first a check digit modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "uk-utr"
SENTENCE = "UK unique taxpayer references: ten digits with a right check digit beside words such as UTR."
EXAMPLE = "UTR 19558 39661"

_CHECK = b"21987654321"


def valid(digits: bytes) -> bool:
    """Tell whether the first of ten digits is right."""
    return digits[0] == _CHECK[weighted(digits[1:], (6, 7, 8, 9, 10, 5, 4, 3, 2)) % 11]


_NUMBERS = Numbers(
    shape=loose(5, 5), valid=valid, cue=r"\butrs?\b|unique tax(?:payer)?(?:'s)? ref(?:erence)?|self[- ]assessment"
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("UTR: 1955839661", "Unique Taxpayer Reference 19558-39661", "self assessment 1955839661")
SILENT = ("1955839661", "UTR 1955839662", "UTR phone 1955839661")
