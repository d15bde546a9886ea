"""US individual taxpayer identification numbers (ITIN).

Written as a social security number, in the area 9xx with a group the IRS uses. With both dashes it speaks for itself;
otherwise (a postcode of nine digits looks like one, too) it counts only beside a cue.
"""

from sealgate_milter.detectors.numbers import Numbers, groups

NAME = "us-itin"
SENTENCE = "US individual taxpayer identification numbers: 912-70-1234 anywhere, otherwise beside words such as ITIN."
EXAMPLE = "Her ITIN is 912-70-1234."

_GROUPS = {b"%02d" % group for group in (*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100))}


def _valid(value: bytes) -> bool:
    return value[:1] == b"9" and value[3:5] in _GROUPS and value[5:] != b"0000"


_NUMBERS = Numbers(
    strong=r"9[0-9]{2}-\n?[5-9][0-9]-\n?[0-9]{4}",
    shape=groups(3, 2, 4),
    cue=r"\bi\.?t\.?i\.?n\b|itin\b|taxpayer|\btax[ _-]?(?:id|payer|identification|number|no\b)|\btin\b",
    valid=_valid,
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("912-70-1234", "ITIN 912701234", "ITIN: 999 88 1234", "taxpayer id 950-94-1111", "ITIN 912/70/1234")
SILENT = (
    "98683-7575", "912-12-1234", "912-93-1234", "912701234", "812-70-1234", "ITIN 912-89-1234", "912-70-12345",
    "Portland 912701234", "1-912-70-1234",
)  # fmt: skip
