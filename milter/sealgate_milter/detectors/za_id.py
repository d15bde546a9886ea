"""Identity numbers of South Africa: the date of birth, a serial, the citizenship, an 8 or 9, and a Luhn digit."""

from sealgate_milter.detectors.checksums import luhn
from sealgate_milter.detectors.dates import yymmdd
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "za-id"
SENTENCE = "South African identity numbers: a date and a right check digit, beside words such as ID number."
EXAMPLE = "ID number 800101 5009 087"


def valid(digits: bytes) -> bool:
    """Tell whether thirteen digits hold a date and a citizenship and end in the right digit."""
    return yymmdd(digits) and digits[10:11] in b"012" and luhn(digits)


_NUMBERS = Numbers(
    shape=loose(6, 4, 3),
    valid=valid,
    cue=r"\bid[ -]?(?:num|no\b|nr|#)|identity|identiteit|\b(?:rsa|sa) id\b|south africa|\bi\.d\. ?n",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("ID No: 8001015009087", "identity number 800101-5009-087", "SA ID 8001015009087", "8001015009087 (RSA ID)")
SILENT = ("8001015009087", "ID number 8001015009088", "ID number 8013015009087", "ID number 80010150090871")
