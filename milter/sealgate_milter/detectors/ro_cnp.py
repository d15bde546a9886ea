"""Personal numbers of Romania: sex and century, date of birth, county, a serial and a check digit modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.dates import yymmdd
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "ro-cnp"
SENTENCE = "Romanian personal numbers: thirteen digits with a date and a right check digit beside words such as CNP."
EXAMPLE = "CNP 1630615123457"


def valid(digits: bytes) -> bool:
    """Tell whether the date exists and the last digit is right."""
    rest = weighted(digits, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return digits[:1] != b"0" and yymmdd(digits[1:]) and digits[12] - 48 == (1 if rest == 10 else rest)


_NUMBERS = Numbers(shape=loose(1, 6, 6), valid=valid, cue=r"\bcnp\b|cod(?:ul)? numeric personal")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("CNP: 1630615123457", "cod numeric personal 1 630615 123457", "1630615123457 (CNP)")
SILENT = ("1630615123457", "CNP 1630615123458", "CNP 1631315123457", "CNP tel 1630615123457")
