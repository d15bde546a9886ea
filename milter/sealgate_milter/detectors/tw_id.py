"""Identity card numbers of Taiwan: a letter of the place, the sex, seven digits, a check digit."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers

NAME = "tw-id"
SENTENCE = "Taiwanese identity card numbers: a letter and nine digits, the last one right, beside words such as 身分證."
EXAMPLE = "身分證字號 A123456789"

_PLACES = b"ABCDEFGHJKLMNPQRSTUVXYWZIO"


def valid(value: bytes) -> bool:
    """Tell whether sex (1, 2; 8, 9 for foreigners) and check digit are right."""
    place = b"%d" % (_PLACES.index(value[:1]) + 10)
    return value[1:2] in b"1289" and weighted(place + value[1:], (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


_NUMBERS = Numbers(
    shape="[A-Za-z][1289][0-9]{8}",
    valid=valid,
    cue=r"身[分份][證证]|統一證號|居留證|taiwan(?:ese)? id|national id|identity card|\bid n(?:umber|o\b)",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("身分證 A123456789", "National ID: a123456789", "A123456789 (Taiwan ID)")
SILENT = ("A123456789", "身分證 A123456788", "身分證 A323456789", "身分證 A1234567890")
