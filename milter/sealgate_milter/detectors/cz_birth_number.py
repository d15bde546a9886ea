"""Birth numbers of Czechia and Slovakia: date of birth (50 more in a woman's month), a serial, divisible by 11."""

from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers

NAME = "cz-birth-number"
SENTENCE = "Czech and Slovak birth numbers: 710319/2745, divisible by eleven, beside words such as rodné číslo."
EXAMPLE = "rodné číslo 710319/2745"


def valid(digits: bytes) -> bool:
    """Tell whether the date exists and ten digits divide by 11 (or did, but for a last digit 10 written 0)."""
    month = int(digits[2:4]) % 50
    if not day_exists(int(digits[:2]), month - 20 if month > 20 else month, int(digits[4:6])):
        return False
    return int(digits[:9]) % 11 % 10 == digits[9] - 48


_NUMBERS = Numbers(
    shape="[0-9]{6} ?/? ?[0-9]{4}",
    valid=valid,
    cue=r"rodn(?:é|e|ého|eho) (?:č|c)(?:í|i)sl|\br\. ?č|\brč|birth number",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("r.č. 7103192745", "birth number: 991231/1123", "rodne cislo 710319 2745")
SILENT = ("710319/2745", "r.č. 710319/2746", "r.č. 711319/2745", "rodné číslo 710319/27451")
