"""Social security numbers of Hungary (TAJ): eight digits and a check digit."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "hu-taj"
SENTENCE = "Hungarian social security numbers: nine digits with a right check digit beside words such as TAJ szám."
EXAMPLE = "TAJ szám: 111 222 337"


def valid(digits: bytes) -> bool:
    """Tell whether the last digit is right."""
    return weighted(digits, (3, 7, 3, 7, 3, 7, 3, 7)) % 10 == digits[8] - 48 and len(set(digits)) > 1


_NUMBERS = Numbers(shape=loose(3, 3, 3), valid=valid, cue=r"(?-i:\bTAJ\b)|\btaj[ -]?sz(?:á|a)m|társadalombizt")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("TAJ: 111222337", "taj-szám 111-222-337", "111 222 337 (TAJ)")
SILENT = ("111 222 337", "TAJ 111 222 336", "TAJ tel 111 222 337", "TAJ 111 222 337-1")
