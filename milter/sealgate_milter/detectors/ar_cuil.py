"""Labour and tax numbers of Argentina (CUIL, CUIT): a kind, the DNI, and a check digit modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "ar-cuil"
SENTENCE = "Argentine labour and tax numbers of people: 20-12345678-6 with a right check digit beside CUIL or CUIT."
EXAMPLE = "CUIL 20-12345678-6"

_KINDS = (b"20", b"23", b"24", b"27")
"""Those of people; a company's number is no secret."""


def valid(digits: bytes) -> bool:
    """Tell whether the kind is one given out and the last digit is right."""
    check = -weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return digits[:2] in _KINDS and digits[10] - 48 == (9 if check == 10 else check)


_NUMBERS = Numbers(shape=loose(2, 8, 1), valid=valid, cue=r"\bcui[lt]\b|c\.u\.i\.[lt]|laboral|clave (?:ú|u)nica")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("CUIT: 20123456786", "CUIL 20 12345678 6", "C.U.I.T. 20-12345678-6")
SILENT = ("20-12345678-6", "CUIL 20-12345678-5", "CUIL tel 20-12345678-6", "CUIL 21-12345678-6")
