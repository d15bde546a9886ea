"""US Medicare beneficiary identifiers (MBI).

Judged by the structure that CMS publishes: eleven characters, letters without S, L, O, I, B and Z. In capitals it
speaks for itself; in small letters or with other separators it counts only beside a cue.
"""

import re

from sealgate_milter.detectors.numbers import BREAK, Numbers

NAME = "us-mbi"
SENTENCE = "US Medicare beneficiary identifiers such as 1EG4-TE5-MK73, with or without their dashes."
EXAMPLE = "Medicare number 1EG4-TE5-MK73"

_A, _X = "[AC-HJKMNP-RT-Y]", "[0-9AC-HJKMNP-RT-Y]"
_CLASSES = ("[1-9]", _A, _X, "[0-9]", _A, _X, "[0-9]", _A, _A, "[0-9]", "[0-9]")
_VALID = re.compile("".join(_CLASSES).encode())


def _valid(value: bytes) -> bool:
    return _VALID.fullmatch(value) is not None


def _written(marks: str, *places: int) -> str:
    """Return the pattern with `marks` allowed behind the characters at these places, a line break behind any."""
    gap = f"{BREAK}(?: ?[{marks}] ?)?{BREAK}"
    written = (one + (gap if place in places else BREAK) for place, one in enumerate(_CLASSES, 1))
    return "".join(written).removesuffix(BREAK)


_NUMBERS = Numbers(
    strong=_written("-/. ", 4, 7, 8),
    shape="(?i:" + _written(r"-/._~|\\\t ", *range(1, 11)) + ")",
    cue=r"\bmbi|medicare|beneficiary|\bhicn?\b",
    valid=_valid,
    rivals=r"\b(?:order|invoice|tracking|part|serial|sku)\b",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "1EG4-TE5-MK73", "1EG4TE5MK73", "1EG4 TE5 MK73", "MBI: 1eg4te5mk73", "Medicare ID 1EG4-TE5-MK73.",
    "(3A11-A11-AA11)", "medicare no. 1EG4-TE5-\nMK73", "name,mbi\nAnn,1EG4TE5MK73\nBob,2EG4TE5MK73\n",
    "1EG4–TE5–MK73", "１EG４-TE５-MK７３",
)  # fmt: skip
SILENT = (
    "0EG4-TE5-MK73", "1SG4-TE5-MK73", "1EG4-TE5-MK7", "X1EG4TE5MK73", "1EG4TE5MK731", "1eg4te5mk73", "1EGA-TE5-MK73",
    "https://x.example/1eg4te5mk73abc",
)  # fmt: skip
