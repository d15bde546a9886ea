"""US procedure codes, CPT and HCPCS level II, within the ranges in use, beside a cue."""

import re

from sealgate_milter.detectors.numbers import Numbers

NAME = "cpt"
SENTENCE = "CPT and HCPCS procedure codes such as 99213 or J1100 beside words such as CPT or procedure code."
EXAMPLE = "CPT 99213, office visit"

_SPANS = ((100, 1999), (10004, 69990), (70010, 79999), (80047, 89398), (90281, 99607))
_LETTERED = re.compile(rb"[0-9]{4}[FTUM]|[A-CEGHJ-MP-V][0-9]{4}")


def _valid(value: bytes) -> bool:
    code = value[:5]
    if code.isdigit():
        return any(low <= int(code) <= high for low, high in _SPANS)
    return _LETTERED.fullmatch(code) is not None


_NUMBERS = Numbers(
    shape=r"[0-9]{5}(?:-[0-9A-Z]{2})?|[0-9]{4}[FTUM]|[A-CEGHJ-MP-V][0-9]{4}(?:-[0-9A-Z]{2})?",
    cue=r"\bcpt(?:s?\b|-?4\b|[#_0-9])|_cpt\b|\bhcpcs|\b(?:procedure|procedural|billing|service) codes?\b",
    valid=_valid,
    before=32,
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "CPT 99213", "CPT code: 93000-26", "HCPCS J1100", "procedure code 70450", "CPT codes 99213, 99214 and 36415",
    "99213 (CPT)", "date|CPT|fee\n1/2|99213|80\n1/3|36415|9\n", "cpt 0001F",
)  # fmt: skip
SILENT = (
    "99213", "CPT 99999", "CPT 992133", "flights to CPT, order 99213", "CPT Cape Town 3 12 2024", "CPT 08001",
    "CPT fee $99213", "service code of conduct",
)  # fmt: skip
