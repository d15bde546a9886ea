"""Aadhaar numbers of India: twelve digits from 2 on with a Verhoeff digit; virtual ones have sixteen."""

from sealgate_milter.detectors.checksums import verhoeff
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "in-aadhaar"
SENTENCE = "Indian Aadhaar numbers: twelve (or sixteen) digits with a right check digit beside words such as Aadhaar."
EXAMPLE = "Aadhaar 2345 6789 0124"


def valid(digits: bytes) -> bool:
    """Tell whether the digits are no palindrome, begin with 2 to 9 and end in the right digit."""
    return digits[:1] > b"1" and digits != digits[::-1] and verhoeff(digits)


_NUMBERS = Numbers(
    shape=f"{loose(4, 4, 4)}|{loose(4, 4, 4, 4)}",
    valid=valid,
    cue=r"\ba+dha+r|\buidai\b|\buid (?:number|no\b)|unique identification|आधार",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("aadhar: 234567890124", "Aadhaar card 2345-6789-0124", "2345 6789 0124 is his Aadhaar", "आधार 234567890124")
SILENT = ("2345 6789 0124", "Aadhaar 2345 6789 0125", "Aadhaar 1345 6789 0124", "Aadhaar phone 2345 6789 0124")
