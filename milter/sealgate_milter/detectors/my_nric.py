"""Identity card numbers of Malaysia: date of birth, place of birth, four digits; they have no check digit."""

from sealgate_milter.detectors.dates import yymmdd
from sealgate_milter.detectors.numbers import Numbers, groups

NAME = "my-nric"
SENTENCE = "Malaysian identity card numbers: a date, a place and four digits beside words such as MyKad or NRIC."
EXAMPLE = "MyKad 770305-02-1234"

_NEVER = frozenset((b"00", b"17", b"18", b"19", b"20", b"69", b"70", b"73", b"80", b"81", b"94", b"95", b"96", b"97"))


def valid(digits: bytes) -> bool:
    """Tell whether the date exists and the place is one in use."""
    return yymmdd(digits) and digits[6:8] not in _NEVER


_NUMBERS = Numbers(
    shape=groups(6, 2, 4),
    valid=valid,
    cue=r"\bmykad|\bnric\b|kad pengenalan|\bic (?:no\b|num|#)|no\. ?k\.?p\b",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("NRIC: 770305021234", "No. K.P. 770305-02-1234", "kad pengenalan 770305 02 1234", "IC no. 770305-02-1234")
SILENT = ("770305-02-1234", "MyKad 771305-02-1234", "MyKad 770305-00-1234", "MyKad 770305-02-12345")
