"""Resident registration numbers of South Korea: date of birth, century and sex, five digits, a check digit.

Numbers given out since October 2020 have no check digit; those count beside a cue only.
"""

from collections.abc import Iterator

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.dates import yymmdd
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "kr-rrn"
SENTENCE = "South Korean resident registration numbers: 900101-1234568 anywhere, without a check digit beside a cue."
EXAMPLE = "900101-1234568"


def plausible(digits: bytes) -> bool:
    """Tell whether the date exists and a digit of century and sex follows it."""
    return yymmdd(digits) and digits[6:7] != b"0"


def valid(digits: bytes) -> bool:
    """Tell whether a plausible number ends in the right check digit."""
    total = weighted(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5))
    return plausible(digits) and (11 - total % 11) % 10 == digits[12] - 48


_CUE = r"주민\s?등록|주민\s?번호|resident registration|\brrn\b|외국인\s?등록"
_CUED = Numbers(shape=loose(6, 7), valid=plausible, cue=_CUE)
_STRONG = Numbers(strong="[0-9]{6}-[1-8][0-9]{6}", valid=valid)
GATE = f"{_CUED.gate}|{_STRONG.gate}"


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8), each once."""
    return iter(sorted({*_CUED.find(text), *_STRONG.find(text)}))


FIRES = ("900101-1234568", "주민등록번호 900101-1234567", "RRN: 9001011234567", "주민번호: 201105-3123456")
SILENT = ("900101-1234567", "9001011234568", "RRN 901301-1234568", "RRN 900101-12345678")
