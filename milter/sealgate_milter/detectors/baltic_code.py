"""Personal codes of Estonia and Lithuania: century and sex, date of birth, a serial and a check digit modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.dates import yymmdd
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "baltic-code"
SENTENCE = "Estonian and Lithuanian personal codes: a date and a right check digit beside words such as isikukood."
EXAMPLE = "isikukood 36805280109"


def valid(digits: bytes) -> bool:
    """Tell whether the date exists and the last digit is right by the first weights, else by the second."""
    if digits[:1] not in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8") or not yymmdd(digits[1:]):
        return False
    rest = weighted(digits, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if rest == 10:
        rest = weighted(digits, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return rest == digits[10] - 48


_NUMBERS = Numbers(
    shape=loose(1, 6, 4), valid=valid, cue=r"isikukood|asmens kod|personal (?:identification )?code|\ba\.k\."
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("Isikukood: 36805280109", "asmens kodas 33309240064", "personal code 3 680528 0109")
SILENT = ("36805280109", "isikukood 36805280108", "isikukood 36813280109", "isikukood 368052801091")
