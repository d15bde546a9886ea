"""Personal numbers of Poland (PESEL): date of birth with the century in its month, a serial and a check digit."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "pl-pesel"
SENTENCE = "Polish PESEL numbers: eleven digits with a date and a right check digit beside the word PESEL."
EXAMPLE = "PESEL 44051401359"


def valid(digits: bytes) -> bool:
    """Tell whether the date exists and the last digit is right."""
    if not day_exists(int(digits[:2]), int(digits[2:4]) % 20, int(digits[4:6])):
        return False
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


_NUMBERS = Numbers(shape=loose(6, 5), valid=valid, cue=r"\bpesel")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("numer PESEL: 44051401359", "pesel 440514-01359", "44051401359 to mój PESEL")
SILENT = ("44051401359", "PESEL 44051401358", "PESEL 44131401359", "PESEL 440514013591")
