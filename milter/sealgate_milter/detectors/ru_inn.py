"""Taxpayer numbers of people in Russia (INN): twelve digits, the last two check digits modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "ru-inn"
SENTENCE = "Russian taxpayer numbers of people: twelve digits with two right check digits beside ИНН or INN."
EXAMPLE = "ИНН 500100732259"

_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def valid(digits: bytes) -> bool:
    """Tell whether both check digits are right."""
    checks = ((_WEIGHTS[1:], 10), (_WEIGHTS, 11))
    return all(weighted(digits, weights) % 11 % 10 == digits[place] - 48 for weights, place in checks)


_NUMBERS = Numbers(
    shape=loose(4, 6, 2), valid=valid, cue=r"инн|(?-i:\bINN\b)|номер налогоплательщика|taxpayer (?:id|number)"
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("ИНН: 500100732259", "INN 500100732259", "ИНН 5001 007322 59")
SILENT = ("500100732259", "ИНН 500100732258", "ИНН 500100732269", "inn 500100732259")
