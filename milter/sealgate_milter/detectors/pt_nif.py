"""Tax numbers of people in Portugal: nine digits from 1, 2, 3 or 45, the last a check digit modulo 11.

Those of companies begin otherwise; they stand in every letterhead and are no secret.
"""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "pt-nif"
SENTENCE = "Portuguese tax numbers of people: with a right check digit beside NIF or contribuinte."
EXAMPLE = "NIF 201 964 848"


def valid(digits: bytes) -> bool:
    """Tell whether the last digit is right and the first one was given out."""
    check = -weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (digits[:1] in b"123" or digits[:2] == b"45") and digits[8] - 48 == check % 10


_NUMBERS = Numbers(
    shape=loose(3, 3, 3), valid=valid, cue=r"\bnif\b|contribuinte|n[úu]mero fiscal|identifica[çc][ãa]o fiscal"
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("NIF: 201964848", "contribuinte n.º 201-964-848", "201964848 (NIF)")
SILENT = ("201 964 848", "NIF 201 964 849", "NIF tel. 201 964 848", "NIF 701964843")
