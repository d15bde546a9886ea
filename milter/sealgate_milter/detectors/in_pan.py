"""Permanent account numbers of people in India: five letters, the fourth a P (H: a family), four digits, a letter.

Those of companies stand on every invoice and are no secret.
"""

from sealgate_milter.detectors.numbers import Numbers

NAME = "in-pan"
SENTENCE = "Indian permanent account numbers of people: the shape ABCPE1234F beside words such as PAN or income tax."
EXAMPLE = "PAN: ABCPE1234F"


def valid(value: bytes) -> bool:
    """Tell whether the fourth letter stands for a person or a family."""
    return value[3] in b"PH" and value[5:9] != b"0000"


_NUMBERS = Numbers(
    shape="[A-Za-z]{5}[0-9]{4}[A-Za-z]",
    valid=valid,
    cue=r"(?-i:\bPAN\b)|\bpan (?:card|no\b|num|#)|permanent account|income[- ]tax",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("PAN ABCPE1234F", "pan card no abcpe1234f", "Permanent Account Number: AAAPB1234C")
SILENT = ("ABCPE1234F", "PAN ABCCE1234F", "PAN ABCPE12345F", "pan ABCPE1234F", "PAN ABCPE0000F")
