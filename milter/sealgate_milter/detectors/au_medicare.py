"""Medicare card numbers of Australia: nine digits with a check digit, the issue and perhaps the place on the card."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "au-medicare"
SENTENCE = "Australian Medicare card numbers: ten or eleven digits with a right check digit beside the word Medicare."
EXAMPLE = "Medicare 2123 45670 1"


def valid(digits: bytes) -> bool:
    """Tell whether the ninth digit is right and the first one was given out."""
    if digits[:1] not in (b"2", b"3", b"4", b"5", b"6") or digits[9:10] == b"0":
        return False
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == digits[8] - 48


_NUMBERS = Numbers(shape=f"{loose(4, 5, 1, 1)}|{loose(4, 5, 1)}", valid=valid, cue=r"\bmedicare\b")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("Medicare card: 2123456701", "medicare number 2123-45670-1/2", "2123 45670 1 is the Medicare number")
SILENT = ("2123 45670 1", "Medicare 2123 45671 1", "Medicare 9123 45670 1", "Medicare phone 2123456701")
