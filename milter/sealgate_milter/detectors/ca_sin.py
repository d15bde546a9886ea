"""Social insurance numbers of Canada: nine digits with a Luhn digit.

The tax office's own and the well-known sample numbers begin with 0; nothing is left out but one digit nine times.
"""

from sealgate_milter.detectors.checksums import luhn
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "ca-sin"
SENTENCE = "Canadian social insurance numbers: nine digits with a right check digit beside words such as SIN."
EXAMPLE = "SIN 046 454 286"

_NUMBERS = Numbers(
    shape=loose(3, 3, 3),
    valid=luhn,
    cue=r"(?-i:\bSIN\b|\bS\.I\.N|\bNAS ?:|\bNAS n)|\bsin ?(?:num|no\b|#|:)|social insurance|assurance sociale",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "SIN: 046-454-286", "Social Insurance Number 046454286", "assurance sociale 046 454 286", "sin# 046454286",
)  # fmt: skip
SILENT = ("046 454 286", "SIN 046 454 287", "sin(046454286)", "pago sin cargo 046 454 286", "SIN 046-454-286-1")
