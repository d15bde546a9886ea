"""Tax numbers of Portugal: nine digits, the last a check digit modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, groups

NAME = "pt-nif"
SENTENCE = "Portuguese tax numbers: nine digits with a right check digit beside words such as NIF or contribuinte."
EXAMPLE = "NIF 501 964 843"


def valid(digits: bytes) -> bool:
    """Tell whether the last digit is right and the first one was given out."""
    check = -weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return digits[:1] in b"1235689" and digits[8] - 48 == check % 10


_NUMBERS = Numbers(
    shape=groups(3, 3, 3), valid=valid, cue=r"\bnif\b|\bnipc\b|contribuinte|n[úu]mero fiscal|identifica[çc][ãa]o fiscal"
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("NIF: 501964843", "contribuinte n.º 501-964-843", "501964843 (NIF)")
SILENT = ("501 964 843", "NIF 501 964 844", "NIF tel. 501 964 843", "NIF 701964843")
