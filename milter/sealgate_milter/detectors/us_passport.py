"""US passport numbers: nine digits, or a letter and eight digits, beside the word passport."""

import re

from sealgate_milter.detectors.numbers import Numbers

NAME = "us-passport"
SENTENCE = "US passport book and card numbers: nine digits, or a letter and eight, beside the word passport."
EXAMPLE = "Passport No. A12345678"

_VALID = re.compile(rb"(?:[0-9]{9}|[A-Z][0-9]{8})")


def _valid(value: bytes) -> bool:
    return _VALID.fullmatch(value) is not None and len(set(value[-8:])) > 1


_NUMBERS = Numbers(
    shape=r"[0-9]{9}|[A-Za-z][ -]?[0-9]{8}|[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}",
    cue=r"passport|\bpasaporte|\bppt? ?(?:no\b|#|number)",
    valid=_valid,
    before=50,
    between=r"(?:[\s:#=.,()\"'/_-]|(?:\b|_)(?:numbers?|no|num|nr|id|is|was|card|book|us|usa|u\.s|american|"
    r"united states|document|holder|with|the|my|of|current|valid|new|and|details|information)\b)*",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "Passport No. A12345678", "US passport number is 123456789", "passport: 512345678 exp. 03/2031",
    "C03004786 (passport card)", "passport_number=A12345678", "Name\tPassport\nAnn\tA12345678\nBob\t123456789\n",
)  # fmt: skip
SILENT = (
    "A12345678", "123456789", "passport 12345678", "passport photos, order 123456789", "passport AB1234567",
    "passport 1234567890", "passport office, phone 123456789", "passport control at gate B32, 100200300 visitors",
)  # fmt: skip
