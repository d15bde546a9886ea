"""Identity card numbers of Singapore (NRIC, FIN): a letter, seven digits and a check letter."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers

NAME = "sg-nric"
SENTENCE = "Singapore identity card numbers (NRIC, FIN) with a right check letter beside words such as NRIC."
EXAMPLE = "NRIC S1234567D"

_CITIZEN, _FOREIGNER = b"JZIHGFEDCBA", b"XWUTRQPNMLK"
_LETTERS = {b"S": _CITIZEN, b"T": _CITIZEN, b"F": _FOREIGNER, b"G": _FOREIGNER, b"M": b"KLJNPQRTUWX"}
_ADDED = {b"T": 4, b"G": 4, b"M": 3}


def valid(value: bytes) -> bool:
    """Tell whether the check letter is right for the first one's series."""
    first = value[:1]
    rest = (weighted(value[1:8], (2, 7, 6, 5, 4, 3, 2)) + _ADDED.get(first, 0)) % 11
    return value[8] == _LETTERS[first][10 - rest if first == b"M" else rest]


_NUMBERS = Numbers(
    shape="[STFGMstfgm][0-9]{7}[A-Za-z]",
    valid=valid,
    cue=r"\bnric\b|(?-i:\bFIN\b)|\bfin (?:no\b|num|#)|(?-i:\bIC\b)|\bic (?:no\b|num|#)|identity card|identification n|"
    r"singapore id",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("NRIC: s1234567d", "FIN G1234567X", "Identity card no. T0123456G", "S1234567D (NRIC)")
SILENT = ("S1234567D", "NRIC S1234567E", "NRIC S12345678D", "NRIC A1234567D")
