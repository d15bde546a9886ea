"""Permanent account numbers of India: five letters, the fourth the holder's kind, four digits, a letter."""

from sealgate_milter.detectors.numbers import Numbers

NAME = "in-pan"
SENTENCE = "Indian permanent account numbers: the shape ABCPE1234F beside words such as PAN or income tax."
EXAMPLE = "PAN: ABCPE1234F"


def valid(value: bytes) -> bool:
    """Tell whether the fourth letter is a kind of holder."""
    return value[3] in b"ABCFGHJLPT" and value[5:9] != b"0000"


_NUMBERS = Numbers(
    shape="[A-Za-z]{5}[0-9]{4}[A-Za-z]",
    valid=valid,
    cue=r"(?-i:\bPAN\b)|\bpan (?:card|no\b|num|#)|permanent account|income[- ]tax",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("PAN ABCPE1234F", "pan card no abcpe1234f", "Permanent Account Number: AAACB1234C")
SILENT = ("ABCPE1234F", "PAN ABCXE1234F", "PAN ABCPE12345F", "pan ABCPE1234F", "PAN ABCPE0000F")
