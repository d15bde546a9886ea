"""Identity numbers of Israel: nine digits with a Luhn digit."""

from sealgate_milter.detectors.checksums import luhn
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "il-id"
SENTENCE = "Israeli identity numbers: nine digits with a right check digit beside words such as teudat zehut."
EXAMPLE = "Teudat Zehut 0-3933742-3"

_NUMBERS = Numbers(
    shape=loose(1, 7, 1),
    valid=luhn,
    cue=r"te'?udat ze'?hut|תעודת זהות|ת\.ז|מספר זהות|israeli? id|\bt\.z\.",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("תעודת זהות 039337423", "Israeli ID: 0-3933742-3", "teudat zehut 039337423", "039337423 (Israeli ID)")
SILENT = ("039337423", "Israeli ID 039337424", "Israeli ID tel 039337423", "teudat zehut 0393374231")
