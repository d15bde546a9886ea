"""National Health Service numbers of the United Kingdom.

Ten digits, the last a check digit modulo 11. Those that begin with 0 to 3 are Scottish (a date of birth) or Northern
Irish; telephone numbers begin with 0, too, but hold no day there.
"""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.dates import ddmmyy
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "uk-nhs"
SENTENCE = "UK National Health Service numbers: ten digits with a right check digit beside words such as NHS number."
EXAMPLE = "NHS number 943 476 5919"


def valid(digits: bytes) -> bool:
    """Tell whether ten digits are an NHS (or Scottish CHI) number."""
    if digits[:1] < b"3" and not ddmmyy(digits):
        return False
    return weighted(digits, range(10, 0, -1)) % 11 == 0 and len(set(digits)) > 1


_NUMBERS = Numbers(shape=loose(3, 3, 4), valid=valid, cue=r"\bnhs|\bchi (?:number|no\b)|national health service")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("NHS: 9434765919", "Patient NHS no. 401-023-2137 was seen", "943 476 5919 (NHS number)", "nhs 943\n476 5919")
SILENT = (
    "943 476 5919", "NHS number 943 476 5918", "NHS phone 943 476 5919", "call the NHS on 0300 330 1000",
    "NHS number 1943 476 5919", "NHS order 9434765919",
)  # fmt: skip
