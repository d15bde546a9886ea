"""Pension insurance numbers of Russia (SNILS): nine digits and a check number modulo 101."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "ru-snils"
SENTENCE = "Russian pension insurance numbers: 112-233-445 95 anywhere, other forms beside words such as СНИЛС."
EXAMPLE = "112-233-445 95"


def valid(digits: bytes) -> bool:
    """Tell whether the check number is right."""
    return weighted(digits[:9], range(9, 0, -1)) % 101 % 100 == int(digits[9:]) and digits[:3] != b"000"


_NUMBERS = Numbers(
    shape=loose(3, 3, 3, 2), strong="[0-9]{3}-[0-9]{3}-[0-9]{3} [0-9]{2}", valid=valid, cue=r"снилс|\bsnils\b|страхов"
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("СНИЛС 11223344595", "112-233-445 95", "snils: 112 233 445 95")
SILENT = ("11223344595", "112-233-445 96", "СНИЛС 11223344596", "1112-233-445 95")
