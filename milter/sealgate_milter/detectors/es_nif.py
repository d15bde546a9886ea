"""Tax identification numbers of Spain: DNI, NIE (foreigners) and those of companies, each with a check character."""

from sealgate_milter.detectors.checksums import luhn
from sealgate_milter.detectors.numbers import Numbers, apart

NAME = "es-nif"
SENTENCE = "Spanish identity and tax numbers (DNI, NIE, NIF, CIF) with a right check letter beside words such as DNI."
EXAMPLE = "DNI 12345678Z"

_LETTERS = b"TRWAGMYFPDXBNJZSQVHLCKE"


def valid(value: bytes) -> bool:
    """Tell whether the check character is right for a person or a company."""
    value = value.rjust(9, b"0")
    if value[:1] in b"XYZ":
        value = b"%d" % b"XYZ".index(value[:1]) + value[1:]
    if value[:8].isdigit():
        return value[8] == _LETTERS[int(value[:8]) % 23]
    digit = next((check for check in range(10) if luhn(value[1:8] + b"%d" % check)), 0)
    return value[8:] in (b"%d" % digit, b"JABCDEFGHI"[digit : digit + 1])


_PERSON = apart("[0-9]{1,2}", "[0-9]{3}", "[0-9]{3}", "[A-Z]")
_LETTERED = apart("[A-HJNP-SU-Z]", "[0-9]{7}", "[0-9A-Z]")
_NUMBERS = Numbers(
    shape=rf"(?i:{_PERSON}|{_LETTERED})",
    valid=valid,
    cue=r"\bd\.?n\.?i\b|\bn\.?i\.?f\b|\bn\.?i\.?e\b|\bc\.?i\.?f\b|documento nacional|identidad|fiscal",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("DNI: 12.345.678-Z", "N.I.F. 54362315k", "NIE X-2482300-W", "documento nacional 54362315K", "CIF A13585625")
SILENT = ("12345678Z", "DNI 12345678A", "NIE X2482300A", "CIF J99216583", "DNI 12345678ZA")
