"""Personal identity and coordination numbers of Sweden: date of birth, three digits and a Luhn digit."""

from sealgate_milter.detectors.checksums import luhn
from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers

NAME = "se-personnummer"
SENTENCE = "Swedish personal identity numbers: a date and four digits beside words such as personnummer."
EXAMPLE = "personnummer 811228-9874"


def valid(digits: bytes) -> bool:
    """Tell whether the date exists (a coordination number adds 60 to its day) and the last digit is right."""
    short = digits[-10:]
    return day_exists(int(short[:2]), int(short[2:4]), int(short[4:6]) % 60) and luhn(short)


_NUMBERS = Numbers(
    shape="(?:19|20)?[0-9]{6}[ +-]?\n?[0-9]{4}",
    valid=valid,
    cue=r"person[ -]?n(?:umme)?r|samordningsn|(?-i:\bPNR\b)|\bpnr:|personal (?:identity )?n(?:umber|o\b|r)",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "personnr 19811228-9874", "Personal identity number: 8112289874", "samordningsnummer 701063-2391",
    "811228+9874 (pnr: ja)",
)  # fmt: skip
SILENT = ("811228-9874", "personnummer 811228-9873", "personnummer 811328-9874", "personnummer 811228-98745")
