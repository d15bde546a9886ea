"""Tax file numbers of Australia: eight or nine digits whose weighted sum divides by 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "au-tfn"
SENTENCE = "Australian tax file numbers: eight or nine digits with a right sum beside words such as TFN."
EXAMPLE = "TFN 123 456 782"

_WEIGHTS = (1, 4, 3, 7, 5, 8, 6, 9, 10)


def valid(digits: bytes) -> bool:
    """Tell whether eight or nine digits are a tax file number."""
    weights = _WEIGHTS if len(digits) == 9 else (10, 7, 8, 4, 6, 3, 5, 1)
    return weighted(digits, weights) % 11 == 0 and digits.strip(b"0") != b""


_NUMBERS = Numbers(shape=f"{loose(3, 3, 3)}|{loose(3, 3, 2)}", valid=valid, cue=r"\btfns?\b|tax[- ]file")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("TFN: 123456782", "her tax file number is 123-456-782", "123 456 782 (TFN)", "TFN 876 543 22")
SILENT = ("123 456 782", "TFN 123 456 783", "TFN phone 123 456 782")
