"""National register numbers of Belgium: date of birth, a serial, and a check number modulo 97.

Dotted as on the identity card they speak for themselves. Foreigners' hold 20 or 40 more in the month.
"""

from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "be-nrn"
SENTENCE = "Belgian national register numbers: 85.07.30-033.28 anywhere, bare beside words such as NISS."
EXAMPLE = "85.07.30-033.28"


def valid(digits: bytes) -> bool:
    """Tell whether the date can be and the check number is right for either century."""
    month = int(digits[2:4]) % 20
    # Month or day 0: not known, or the serials of that day are used up.
    if month and digits[4:6] != b"00" and not day_exists(int(digits[:2]), month, int(digits[4:6])):
        return False
    centuries = (b"", b"2") if digits[:2] < b"40" else (b"",)
    return month < 13 and int(digits[9:]) in (97 - int(century + digits[:9]) % 97 for century in centuries)


_NUMBERS = Numbers(
    shape=loose(2, 2, 2, 3, 2),
    strong=r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}[.-][0-9]{2}",
    valid=valid,
    cue=r"rijksregister|registre national|national ?register|national n(?:umber|o\b|r)|\binsz\b|\bniss\b|\bnrn\b",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("Rijksregisternummer: 85073003328", "NISS 85.07.30-033.28", "numéro de registre national 17 07 30 033 84")
SILENT = ("85073003328", "85.07.30-033.29", "85.13.30-033.28", "NISS 185073003328")
