"""Identity card numbers of Pakistan (CNIC): province and place, seven digits, the sex; they have no check digit."""

from sealgate_milter.detectors.numbers import Numbers, groups

NAME = "pk-cnic"
SENTENCE = "Pakistani identity card numbers: 35202-1234567-1 beside words such as CNIC or NADRA."
EXAMPLE = "CNIC 35202-1234567-1"


def valid(digits: bytes) -> bool:
    """Tell whether the province is one of seven and the family number is not 0."""
    return digits[:1] in b"1234567" and digits[5:12] != b"0000000"


_NUMBERS = Numbers(shape=groups(5, 7, 1), valid=valid, cue=r"\bs?n?cnic|\bnadra\b|\bnicop\b|شناختی کارڈ")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("cnic: 3520212345671", "NICOP 35202 1234567 1", "35202-1234567-1 (CNIC)")
SILENT = ("35202-1234567-1", "CNIC 85202-1234567-1", "CNIC tel 35202-1234567-1", "CNIC 35202-1234567-12")
