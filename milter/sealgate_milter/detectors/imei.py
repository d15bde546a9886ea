"""Device identities of mobile phones (IMEI), which health privacy rules count among what identifies a person."""

from sealgate_milter.detectors.checksums import luhn
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "imei"
SENTENCE = "Device identities of mobile phones: fifteen digits with a right check digit beside IMEI."
EXAMPLE = "IMEI 49-015420-323751-8"

_NUMBERS = Numbers(shape=loose(2, 6, 6, 1), valid=luhn, cue=r"\bimei")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("IMEI: 490154203237518", "imei2 35 686800 004141 8", "490154203237518 (IMEI)")
SILENT = ("490154203237518", "IMEI 490154203237519", "IMEI 4901542032375181")
