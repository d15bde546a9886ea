"""Tax identification numbers of Germany.

Eleven digits: one of the first ten comes twice or thrice, none other does, and the last is an ISO 7064 check digit.
"""

from sealgate_milter.detectors.checksums import mod_11_10
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "de-tax-id"
SENTENCE = "German tax identification numbers: eleven digits with a right check digit beside words such as Steuer-ID."
EXAMPLE = "Steuer-ID 36 574 261 809"


def valid(digits: bytes) -> bool:
    """Tell whether the digits repeat as they must and the last one is right."""
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    return digits[:1] != b"0" and counts[-1] in (2, 3) and (counts[:-1] or [0])[-1] == 1 and mod_11_10(digits)


_NUMBERS = Numbers(
    shape=loose(2, 3, 3, 3),
    valid=valid,
    cue=r"steuer-? ?id|steuerliche|\bid-?nr|\bidentifikationsn|\btin\b|\btax id|steuern(?:umme)?r|steuer-?nr",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "Steueridentifikationsnummer: 36574261809", "IdNr. 86 095 742 719", "Tax ID 86095742719", "36574261809 (Steuer-ID)",
)  # fmt: skip
SILENT = ("36 574 261 809", "Steuer-ID 36 574 261 808", "Steuer-ID 36574261809-1", "Steuer-ID Tel. 36 574 261 809")
