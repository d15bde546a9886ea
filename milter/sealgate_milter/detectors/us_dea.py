"""US Drug Enforcement Administration registration numbers.

A registrant letter, a letter of the name (or 9) and seven digits, the last of which checks the others. One chance
string in ten passes, so they count only beside a cue.
"""

import re

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import BREAK, Numbers, parted

NAME = "us-dea"
SENTENCE = "US DEA registration numbers of prescribers, with a right check digit, beside words such as DEA."
EXAMPLE = "DEA number AB1234563"

_VALID = re.compile(rb"[A-HJ-NPRSTUX][A-Z9][0-9]{7}")


def _valid(value: bytes) -> bool:
    number, suffix = value[:9], value[9:]
    if _VALID.fullmatch(number) is None or number[2:] == b"0000000" or len(suffix) > 7:
        return False
    return weighted(number[2:8], (1, 2, 1, 2, 1, 2)) % 10 == number[8] - 48


_GAP = rf"[ \t./_~\\-]{{0,3}}{BREAK}"
_NUMBERS = Numbers(
    shape=rf"(?i:[A-HJ-NPRSTUX]{_GAP}[A-Z9]){_GAP}{parted(_GAP, 1, 1, 1, 1, 1, 1, 1)}(?:-[0-9A-Za-z]{{2,7}})?",
    cue=r"\bdea(?:s?\b|[#_])|_dea\b|drug enforcement|prescri|physician|practitioner|pharmac|controlled substance|"
    r"\bregistrant|\bdispens|\bdr\.|\bm\.?d\.?\b|\bnarcotic|\bschedule (?:i{1,3}|iv|v)\b|\bclinician|\bveterinar",
    valid=_valid,
    before=50,
    rivals=r"\b(?:tel|phone|fax|mobile|cell|call|order|invoice|tracking|part|serial|sku|passport|account)\b",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "DEA number AB1234563", "DEA# AB1234563", "DEA:ab1234563", "F91234563 is the DEA number", "DEA No. AB 1234563",
    "prescriber AB1234563", "DEA-AB1234563", "Drug Enforcement Administration registration FB1234563",
    "Name\tDEA\tState\nAnn\tAB1234563\tNY\n", "hospital DEA AB1234563-0123", "DEA AB123\n4563",
)  # fmt: skip
SILENT = (
    "AB1234563", "DEA number AB1234567", "DEA number IB1234563", "DEA 1234563", "DEA XAB1234563", "DEA AB12345631",
    "DEA AB0000000", "part AB1234563",
)  # fmt: skip
