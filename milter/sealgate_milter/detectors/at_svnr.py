"""Social insurance numbers of Austria: a serial, a check digit modulo 11 and the date of birth."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "at-svnr"
SENTENCE = "Austrian social insurance numbers: a date and a right check digit beside words such as SVNR."
EXAMPLE = "SVNR 1237 010180"


def valid(digits: bytes) -> bool:
    """Tell whether the fourth digit is right and a date follows (when a day is used up, its month is 13 to 15)."""
    if digits[:1] == b"0" or not 1 <= int(digits[4:6]) <= 31 or not 1 <= int(digits[6:8]) <= 15:
        return False
    return weighted(digits, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == digits[3] - 48


_NUMBERS = Numbers(
    shape=loose(4, 2, 2, 2),
    valid=valid,
    cue=r"sozialvers|\bsv-?n(?:r|um)|\bsvnr|\bvsnr|versicherungsn|\be-?card",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("SV-Nr.: 1237010180", "Sozialversicherungsnummer 1237-01.01.80", "e-card 1237 010180")
SILENT = ("1237 010180", "SVNR 1238 010180", "SVNR 1237 320180", "SVNR Tel. 1237 010180")
