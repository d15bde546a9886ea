"""Social security numbers of France (NIR).

Sex, year, month, département (2A and 2B on Corsica), commune, serial, and a key modulo 97. With its key it speaks for
itself; without, or with one of the rare months of those born abroad, only beside a cue.
"""

from sealgate_milter.detectors.numbers import Numbers, apart

NAME = "fr-nir"
SENTENCE = "French social security numbers (NIR): with their key anywhere, without beside sécurité sociale."
EXAMPLE = "1 85 05 78 006 084 91"


def valid(value: bytes) -> bool:
    """Tell whether the month and département can be and the key, if there, is right."""
    month = int(value[3:5])
    if value[5:7] == b"00" or not (1 <= month <= 12 or month == 20 or 30 <= month <= 42 or month >= 50):
        return False
    number = int(value[:13].replace(b"2A", b"19").replace(b"2B", b"18"))
    return len(value) == 13 or 97 - number % 97 == int(value[13:])


_NUMBERS = Numbers(
    shape=apart("[1-478]", *["[0-9]"] * 5, "[0-9ABab]", *["[0-9]"] * 6, f"(?:{apart(*['[0-9]'] * 2)})?"),
    # Written together, those of women born in 2001 look like a time stamp of 2010 to 2012.
    strong="(?:1 ?[0-9]{2}|2 [0-9]{2}|2[1-9][0-9]|20[02-9]) ?(?:0[1-9]|1[0-2]) ?"
    "(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
    valid=valid,
    cue=r"s[ée]curit[ée] sociale|\bs[ée]cu\b|\bnir\b|\binsee\b|assur[ée]e? social|carte vitale|french social",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "185057800608491", "NIR 1850578006084", "n° de sécurité sociale : 2 69 05 49 588 157 80", "1 84 12 2A 451 089 33",
)  # fmt: skip
SILENT = (
    "1850578006084", "185057800608492", "1 85 13 78 006 084 91", "1 85 05 00 006 084 91", "9185057800608491",
    "201012150930125",
)  # fmt: skip
