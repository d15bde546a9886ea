"""Population registry codes of Mexico: name, date of birth, sex, state, consonants and a check digit."""

from sealgate_milter.detectors.dates import yymmdd
from sealgate_milter.detectors.numbers import Numbers

NAME = "mx-curp"
SENTENCE = "Mexican population registry codes (CURP): eighteen characters with a date and a right check digit."
EXAMPLE = "CURP BOXW310820HNERXN09"

_VALUES = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_STATES = "AS|B[CS]|C[CHLMS]|D[FG]|G[RT]|HG|JC|M[CNS]|N[ELT]|OC|PL|Q[RT]|S[LPR]|T[CLS]|VZ|YN|ZS"


def valid(value: bytes) -> bool:
    """Tell whether the date exists and the last digit is right."""
    total = sum(_VALUES.index(chr(octet)) * (18 - place) for place, octet in enumerate(value[:17]))
    return yymmdd(value[4:10]) and -total % 10 == value[17] - 48


_NUMBERS = Numbers(
    strong=rf"(?i:[A-Z]{{4}}[0-9]{{6}}[HMX](?:{_STATES})[B-DF-HJ-NP-TV-Z]{{3}}[0-9A-Z][0-9])", valid=valid
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("BOXW310820HNERXN09", "boxw310820hnerxn09", "CURP: BOXW310820HNERXN09.")
SILENT = ("BOXW310820HNERXN08", "BOXW311320HNERXN09", "BOXW310820HXXRXN09", "BOXW310820HNERXN091")
