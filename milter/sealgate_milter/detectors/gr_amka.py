"""Social security numbers of Greece (AMKA): date of birth, four digits and a Luhn digit."""

from sealgate_milter.detectors.checksums import luhn
from sealgate_milter.detectors.dates import ddmmyy
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "gr-amka"
SENTENCE = "Greek social security numbers: eleven digits with a date and a right check digit beside AMKA."
EXAMPLE = "ΑΜΚΑ 01013099997"

_NUMBERS = Numbers(
    shape=loose(6, 5), valid=lambda digits: ddmmyy(digits) and luhn(digits), cue=r"\bamka\b|αμκα|α\.μ\.κ\.α"
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("AMKA: 010130 99997", "ο ΑΜΚΑ μου είναι 01013099997", "01013099997 (AMKA)")
SILENT = ("01013099997", "AMKA 01013099998", "AMKA 01133099997", "AMKA 010130999971")
