"""Identity numbers of Indonesia (NIK): area, date of birth (40 more in a woman's day), a serial; no check digit."""

from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers, groups

NAME = "id-nik"
SENTENCE = "Indonesian identity numbers: sixteen digits with an area and a date beside words such as NIK or KTP."
EXAMPLE = "NIK 3171011708450001"


def valid(digits: bytes) -> bool:
    """Tell whether the province and date can be and the serial is not 0."""
    day = int(digits[6:8]) % 40
    date = day_exists(int(digits[10:12]), int(digits[8:10]), day)
    return b"10" < digits[:2] < b"98" and date and digits[12:] != b"0000"


_NUMBERS = Numbers(
    shape=groups(4, 4, 4, 4), valid=valid, cue=r"\bnik\b|\be?-?ktp\b|induk kependudukan|kartu tanda penduduk"
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("NIK: 3171 0117 0845 0001", "no. KTP 3171015708450001", "Nomor Induk Kependudukan 3171011708450001")
SILENT = ("3171011708450001", "NIK 3171013208450001", "NIK 3171011713450001", "NIK 31710117084500012")
