"""Resident identity numbers of China: area, date of birth, a serial and an ISO 7064 check character (MOD 11-2)."""

from sealgate_milter.detectors.dates import yyyymmdd
from sealgate_milter.detectors.numbers import Numbers

NAME = "cn-resident-id"
SENTENCE = "Chinese resident identity numbers: eighteen characters with a date and a right check character."
EXAMPLE = "11010519491231002X"


def valid(value: bytes) -> bool:
    """Tell whether the date exists and the last character is right."""
    if not yyyymmdd(value[6:14]):
        return False
    total = sum((octet - 48) * pow(2, 17 - place, 11) for place, octet in enumerate(value[:17]))
    return b"10X98765432"[total % 11] == value[17]


_NUMBERS = Numbers(strong="[1-8][0-9]{5} ?(?:19|20)[0-9]{6} ?[0-9]{3}[0-9Xx]", valid=valid)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("11010519491231002X", "身份证号码:440524198001010013", "110105 19491231 002x")
SILENT = ("110105194912310021", "11010519491331002X", "11010519491231002X7")
