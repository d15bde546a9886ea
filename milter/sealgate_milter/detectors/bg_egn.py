"""Civil numbers of Bulgaria (EGN): date of birth with the century in its month, a serial and a check digit."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "bg-egn"
SENTENCE = "Bulgarian civil numbers: ten digits with a date and a right check digit beside ЕГН or EGN."
EXAMPLE = "ЕГН 7523169263"


def valid(digits: bytes) -> bool:
    """Tell whether the date exists and the last digit is right."""
    if not day_exists(int(digits[:2]), int(digits[2:4]) % 20, int(digits[4:6])):
        return False
    return weighted(digits, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == digits[9] - 48


_NUMBERS = Numbers(shape=loose(6, 4), valid=valid, cue=r"егн|\begn\b|единен граждански")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("ЕГН: 752316 9263", "EGN 7523169263", "7523169263 (ЕГН)")
SILENT = ("7523169263", "ЕГН 7523169264", "ЕГН 7533169263", "EGN tel 7523169263")
