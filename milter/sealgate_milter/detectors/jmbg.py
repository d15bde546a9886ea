"""Citizen numbers of Yugoslavia's successors (JMBG, EMŠO): date of birth, region, a serial and a check digit."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "jmbg"
SENTENCE = "Citizen numbers of Bosnia, Macedonia, Montenegro, Serbia and Slovenia beside words such as JMBG or EMŠO."
EXAMPLE = "JMBG 0101006500006"


def valid(digits: bytes) -> bool:
    """Tell whether the date exists (its year without the first digit) and the last digit is right."""
    year = int(digits[4:7]) + (2000 if digits[4:5] < b"8" else 1000)
    check = -weighted(digits, (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return day_exists(year, int(digits[2:4]), int(digits[:2])) and digits[12] - 48 == check % 10


_NUMBERS = Numbers(
    shape=loose(7, 2, 3, 1), valid=valid, cue=r"\bjmbg\b|јмбг|\bemšo|\bemso\b|емшо|емб[гш]|mati(?:č|c)ni broj"
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("matični broj: 0101006500006", "EMŠO 0101006500006", "ЈМБГ 0101006 50 000 6")
SILENT = ("0101006500006", "JMBG 0101006500007", "JMBG 0113006500006", "JMBG 01010065000061")
