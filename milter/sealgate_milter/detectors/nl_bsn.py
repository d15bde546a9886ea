"""Citizen service numbers of the Netherlands: eight or nine digits that pass the "eleven test"."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "nl-bsn"
SENTENCE = "Dutch citizen service numbers: eight or nine digits that pass the eleven test beside words such as BSN."
EXAMPLE = "BSN 111222333"


def valid(digits: bytes) -> bool:
    """Tell whether the digits pass the eleven test, in which the last one counts negatively."""
    full = digits.rjust(9, b"0")
    return weighted(full, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and int(full) > 9_999_999


_NUMBERS = Numbers(
    shape=f"{loose(3, 3, 3)}|{loose(4, 2, 3)}|{loose(2, 3, 3)}",
    valid=valid,
    cue=r"\bbsn|burgerservice|\bsofi|citizen service n",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "BSN: 123456782", "burgerservicenummer 1112.22.333", "sofi-nummer 111 222 333", "111222333 is mijn BSN",
    "bsn 10000008",
)  # fmt: skip
SILENT = ("111222333", "BSN 111222334", "BSN tel. 111222333", "BSN 1112223331")
