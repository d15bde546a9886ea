"""Tax numbers of people in Mexico (RFC): four letters, the date of birth, two characters and a check character."""

from sealgate_milter.detectors.dates import yymmdd
from sealgate_milter.detectors.numbers import Numbers, apart

NAME = "mx-rfc"
SENTENCE = "Mexican tax numbers of people (RFC): a date and a right check character beside words such as RFC."
EXAMPLE = "RFC GODE561231GR8"

_VALUES = b"0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ"


def valid(value: bytes) -> bool:
    """Tell whether the date exists and the last character is right."""
    if not yymmdd(value[4:10]):
        return False
    total = sum(_VALUES.index(octet) * (13 - place) for place, octet in enumerate(value[:12]))
    return b"0123456789A"[-total % 11] == value[12]


_NUMBERS = Numbers(
    shape=apart("[A-Za-z]{4}", "[0-9]{6}", "[0-9A-Za-z]{2}[0-9Aa]"),
    valid=valid,
    cue=r"\br\.?f\.?c\b|registro federal",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("RFC: gode561231gr8", "R.F.C. GODE-561231-GR8", "Registro Federal de Contribuyentes GODE 561231 GR8")
SILENT = ("GODE561231GR8", "RFC GODE561231GR9", "RFC GODE561331GR8", "RFC 5321, RFC 2822 and RFC 8601")
