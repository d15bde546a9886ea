"""US bank routing numbers (ABA): nine digits in an assigned range with the 3-7-1 check digit, beside a cue."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, groups

NAME = "us-bank-routing"
SENTENCE = "US bank routing (ABA) numbers with a right check digit, beside words such as routing number."
EXAMPLE = "Routing number 021000021"

_PREFIXES = {b"%02d" % prefix for prefix in (*range(13), *range(21, 33), *range(61, 73), 80)}


def _valid(value: bytes) -> bool:
    if len(value) != 9 or value[:2] not in _PREFIXES or value[:4] == b"0000":
        return False
    return weighted(value, (3, 7, 1, 3, 7, 1, 3, 7, 1)) % 10 == 0


_NUMBERS = Numbers(
    shape=f"{groups(9)}|{groups(4, 4, 1)}|{groups(3, 3, 3)}",
    cue=r"routing|\baba\b|_aba\b|\brtn\b|\baba ?#|transit (?:number|no|#)|\bfedwire|\bach (?:number|no|#|routing)",
    valid=_valid,
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "Routing number 021000021", "ABA: 011401533", "routing # 0210-0002-1", "RTN 091000019, account 123456",
    "wire routing/transit number: 121000358", "021000021 is the routing number",
    "bank|routing|account\nChase|021000021|123456789\n",
)  # fmt: skip
SILENT = (
    "021000021", "Routing number 021000022", "Routing number 991000021", "routing 0210000211", "routing 000000000",
    "ABA on file, phone 021000021",
)  # fmt: skip
