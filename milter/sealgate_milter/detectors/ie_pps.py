"""Personal public service numbers of Ireland: seven digits and a check letter modulo 23, since 2013 one letter more."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, apart

NAME = "ie-pps"
SENTENCE = "Irish personal public service numbers (PPS): seven digits and a right check letter beside PPS or PPSN."
EXAMPLE = "PPS number 1234567FA"

_LETTERS = b"WABCDEFGHIJKLMNOPQRSTUV"


def valid(value: bytes) -> bool:
    """Tell whether the check letter is right."""
    second = _LETTERS.index(value[8:9]) if len(value) > 8 else 0
    return value[7] == _LETTERS[(weighted(value[:7], range(8, 1, -1)) + 9 * second) % 23]


_NUMBERS = Numbers(
    shape=apart("[0-9]{7}", "[A-Wa-w][A-IWa-iw]?"),
    valid=valid,
    cue=r"\bpps\b|\bppsn\b|\bpps[ -]?n|personal public service|uimhir phearsanta",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("PPSN: 1234567T", "personal public service no 1234567-fa", "1234567T is my PPS")
SILENT = ("1234567T", "PPSN: 1234567X", "PPSN: 12345678T", "PPSN 1234567FB")
