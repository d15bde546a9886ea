"""Driving licence numbers of Great Britain.

Sixteen characters: five of the surname (filled with 9), the decade of birth, the month (50 more for women), the day,
the year's last digit, two initials (or 9), a digit and two letters. They speak for themselves.
"""

from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers, apart

NAME = "uk-driving-licence"
SENTENCE = "Driving licence numbers of Great Britain: sixteen characters with a date of birth inside."
EXAMPLE = "Licence MORGA657054SM9IJ"


def valid(value: bytes) -> bool:
    """Tell whether the surname's letters come before its filling and the date exists."""
    letters = value[:5].rstrip(b"9")
    month = int(value[6:8])
    return letters.isalpha() and day_exists(int(value[5:6] + value[10:11]), month % 50, int(value[8:10])) and month < 63


_SHAPE = apart("[A-Z][A-Z9]{4}", "[0-9][0156][0-9][0-3][0-9]{2}", "[A-Z9]{2}[0-9][A-Z]{2}")
_NUMBERS = Numbers(strong=_SHAPE, valid=valid)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("MORGA657054SM9IJ", "MORGA 657054 SM9IJ", "FOX99 505141 J99HA.")
SILENT = ("MORGA617354SM9IJ", "MORGA657334SM9IJ", "M9RGA657054SM9IJ", "MORGA657054SM9IJX")
