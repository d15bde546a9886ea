"""Pension insurance numbers of Germany: area, date of birth, the birth name's initial, a serial and a check digit.

In groups they speak for themselves; together they look like a date and a running number.
"""

from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers, apart

NAME = "de-social-security"
SENTENCE = "German social security numbers: 15 070649 C 103 anywhere, together beside Versicherungsnummer."
EXAMPLE = "Rentenversicherungsnummer 15 070649 C 103"

_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)


def valid(value: bytes) -> bool:
    """Tell whether the date exists (a clash adds 50 to its day) and the check digit is right."""
    if not day_exists(int(value[6:8]), int(value[4:6]), int(value[2:4]) % 50):
        return False
    full = value[:8] + b"%02d" % (value[8] - 64) + value[9:11]
    products = ((octet - 48) * weight for octet, weight in zip(full, _WEIGHTS, strict=True))
    return sum(product // 10 + product % 10 for product in products) % 10 == value[11] - 48


_NUMBERS = Numbers(
    shape=apart("[0-9]{2}", "[0-9]{6}", "[A-Za-z]", "[0-9]{3}"),
    strong="[0-9]{2} [0-9]{6} [A-Z] ?[0-9]{3}",
    valid=valid,
    cue=r"sozialvers|rentenvers|versicherungsn|\bsv-?n(?:r|um)|\brv-?nr|\bvsnr|\brvnr",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("SV-Nummer: 15070649C103", "15 070649 C 103", "Versicherungsnr. 15 070649 C103")
SILENT = ("15070649C103", "15 070649 C 104", "15 071349 C 103", "SV-Nummer 15070649C1031")
