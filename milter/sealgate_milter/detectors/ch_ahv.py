"""Social insurance numbers of Switzerland (AHV, AVS): thirteen digits from 756 with an EAN check digit."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "ch-ahv"
SENTENCE = "Swiss social insurance numbers: 756.9217.0769.85 anywhere, other forms beside words such as AHV or AVS."
EXAMPLE = "756.9217.0769.85"


def valid(digits: bytes) -> bool:
    """Tell whether the number is Swiss and its last digit right."""
    return digits[:3] == b"756" and weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


_NUMBERS = Numbers(
    shape=loose(3, 4, 4, 2),
    strong=r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}",
    valid=valid,
    cue=r"\bahv|\bavs\b|\boasi\b|sozialvers|assurance[- ]sociale|\bnavs",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("756.9217.0769.85", "AHV-Nr. 7569217076985", "numéro AVS 756 9217 0769 85")
SILENT = ("7569217076985", "756.9217.0769.86", "AHV 7569217076986", "AHV 17569217076985")
