"""Identity numbers of Turkey: eleven digits, the last two check digits."""

from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "tr-tckn"
SENTENCE = "Turkish identity numbers: eleven digits with two right check digits beside words such as T.C. kimlik no."
EXAMPLE = "T.C. Kimlik No: 17291716060"


def valid(digits: bytes) -> bool:
    """Tell whether both check digits are right."""
    values = [octet - 48 for octet in digits]
    tenth = (sum(values[0:9:2]) * 7 - sum(values[1:8:2])) % 10
    return values[0] != 0 and values[9] == tenth and values[10] == sum(values[:10]) % 10


_NUMBERS = Numbers(
    shape=loose(3, 3, 3, 2), valid=valid, cue=r"kimlik|\btckn?\b|\bt\.c\.|turkish id|vatanda(?:ş|s)l(?:ı|i)k"
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("kimlik numarası 17291716060", "TCKN: 172 917 160 60", "17291716060 (TCKN)")
SILENT = ("17291716060", "TCKN 17291716050", "TCKN 07291716092", "TCKN tel 17291716060")
