"""Individual numbers of Japan ("My Number"): twelve digits, the last a check digit modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "jp-my-number"
SENTENCE = "Japanese individual numbers: twelve digits with a right check digit beside words such as My Number."
EXAMPLE = "My Number 1234 5678 9018"


def valid(digits: bytes) -> bool:
    """Tell whether the last digit is right."""
    rest = weighted(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return digits[11] - 48 == (0 if rest < 2 else 11 - rest)


_NUMBERS = Numbers(
    shape=loose(4, 4, 4),
    valid=valid,
    # Normalisation makes a dash of the sign for a long vowel.
    cue=r"(?-i:\bMy ?Number\b|\bMY ?NUMBER\b)|マイナンバ[ー-]|個人番号|individual number",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("マイナンバー: 123456789018", "個人番号　1234-5678-9018", "MyNumber 123456789018")
SILENT = ("123456789018", "My Number 123456789017", "my number is 123456789018")
