"""Inland Revenue numbers of New Zealand: eight or nine digits, the last a check digit modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "nz-ird"
SENTENCE = "New Zealand Inland Revenue numbers: eight or nine digits with a right check digit beside words such as IRD."
EXAMPLE = "IRD 49-091-850"

_WEIGHTS = ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6))


def valid(digits: bytes) -> bool:
    """Tell whether eight or nine digits are in the range given out and end in the right digit."""
    if not 10_000_000 < int(digits) < 150_000_000:
        return False
    full = digits.rjust(9, b"0")
    checks = (-weighted(full, weights) % 11 for weights in _WEIGHTS)
    return next((check for check in checks if check < 10), -1) == full[8] - 48


_NUMBERS = Numbers(shape=f"{loose(3, 3, 3)}|{loose(2, 3, 3)}", valid=valid, cue=r"\bird\b|inland revenue")
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("IRD number: 49091850", "IRD 136-410-132", "Inland Revenue no. 136410132", "49-091-850 (IRD)")
SILENT = ("49-091-850", "IRD 49-091-851", "IRD 936-410-132", "IRD phone 49 091 850")
