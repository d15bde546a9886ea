"""Identity numbers of people in Spain: DNI and, for foreigners, NIE, which are their tax numbers (NIF) as well.

Those of companies have another form; they stand in every letterhead and are no secret.
"""

from sealgate_milter.detectors.numbers import Numbers, apart

NAME = "es-nif"
SENTENCE = "Spanish identity and tax numbers of people (DNI, NIE, NIF) with a right check letter beside such words."
EXAMPLE = "DNI 12345678Z"

_LETTERS = b"TRWAGMYFPDXBNJZSQVHLCKE"


def valid(value: bytes) -> bool:
    """Tell whether the check letter is right; X, Y, Z stand for 0, 1, 2."""
    value = value.rjust(9, b"0")
    if value[:1] in b"XYZ":
        value = b"%d" % b"XYZ".index(value[:1]) + value[1:]
    return value[8] == _LETTERS[int(value[:8]) % 23]


_PERSON = apart("[0-9]{1,2}", *["[0-9]"] * 6, "[A-Z]")
_FOREIGNER = apart("[XYZ]", *["[0-9]"] * 7, "[A-Z]")
_NUMBERS = Numbers(
    shape=rf"(?i:{_PERSON}|{_FOREIGNER})",
    valid=valid,
    cue=r"\bd\.?n\.?i\b|\bn\.?i\.?f\b|\bn\.?i\.?e\b|documento nacional|identidad|fiscal",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("DNI: 12.345.678-Z", "N.I.F. 54362315k", "NIE X-2482300-W", "documento nacional 54362315K")
SILENT = ("12345678Z", "DNI 12345678A", "NIE X2482300A", "NIF A13585625", "DNI 12345678ZA")
