"""Personal identification numbers of Croatia (OIB): eleven digits, the last by ISO 7064."""

from sealgate_milter.detectors.checksums import mod_11_10
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "hr-oib"
SENTENCE = "Croatian personal identification numbers: eleven digits with a right check digit beside OIB."
EXAMPLE = "OIB 33392005961"

_NUMBERS = Numbers(shape=loose(3, 3, 3, 2), valid=mod_11_10, cue=r"\boib\b|osobni identifikacijski")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("OIB: 33392005961", "osobni identifikacijski broj 333 920 059 61", "33392005961 (OIB)")
SILENT = ("33392005961", "OIB 33392005962", "OIB tel 33392005961", "OIB 333920059611")
