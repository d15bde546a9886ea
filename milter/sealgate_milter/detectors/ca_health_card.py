"""Provincial health card numbers of Canada.

Ontario: ten digits with a Luhn digit and two letters; British Columbia: ten digits from 9 with a check digit
modulo 11; Québec: four letters of the name, the date of birth (50 more in a woman's month) and two digits.
"""

from sealgate_milter.detectors.checksums import luhn, weighted
from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers, apart, groups

NAME = "ca-health-card"
SENTENCE = "Health card numbers of Ontario, British Columbia and Québec, beside words such as OHIP, PHN or health card."
EXAMPLE = "OHIP 9876 543 217"


def valid(value: bytes) -> bool:
    """Tell whether ten digits (perhaps two letters more), or four letters and eight digits, are such a number."""
    if value[:4].isalpha():
        return day_exists(int(value[4:6]), int(value[6:8]) % 50, int(value[8:10])) and int(value[6:8]) < 63
    if value[:1] == b"9" and value[9] - 48 == -weighted(value[1:9], (2, 4, 8, 5, 10, 9, 7, 3)) % 11:
        return True
    return value[:1] != b"0" and luhn(value[:10])


_NUMBERS = Numbers(
    shape=rf"{groups(4, 3, 3)}(?:[ -]{{0,3}}[A-Z]{{2}}\b)?|{apart('[A-Za-z]{4}', '[0-9]{4}', '[0-9]{4}')}",
    valid=valid,
    cue=r"\bohip\b|(?-i:\bPHN\b)|\bramq\b|personal health n|health (?:card|insurance) (?:n|#)|health card:|"
    r"assurance[- ]maladie|carte soleil",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "OHIP number: 9876-543-217-AB", "PHN 9698 658 215", "assurance-maladie TREM 5109 1216", "Health card # 9876543217",
)  # fmt: skip
SILENT = ("9698 658 215", "PHN 9698 648 216", "OHIP 9876 543 219", "RAMQ TREM 5199 1216", "OHIP TREMA 5109 1216")
