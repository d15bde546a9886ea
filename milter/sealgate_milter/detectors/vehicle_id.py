"""Vehicle identification numbers (ISO 3779), which health privacy rules count among what identifies a person.

Seventeen characters without I, O and Q; where the ninth is a right check digit or not, a cue must stand beside them.
"""

from sealgate_milter.detectors.numbers import Numbers

NAME = "vehicle-id"
SENTENCE = "Vehicle identification numbers: seventeen characters beside words such as VIN or chassis number."
EXAMPLE = "VIN 1M8GDM9AXKP042788"

_VALUES = dict(zip(b"ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True))
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def valid(value: bytes) -> bool:
    """Tell whether it can be a number: digits at its end, and in North America (1 to 5) a right check digit."""
    values = [_VALUES.get(octet, octet - 48) for octet in value]
    rest = sum(number * weight for number, weight in zip(values, _WEIGHTS, strict=True)) % 11
    american = value[:1] in (b"1", b"2", b"3", b"4", b"5")
    return value[13:].isdigit() and not value.isdigit() and (not american or value[8] == b"0123456789X"[rest])


_NUMBERS = Numbers(
    shape="[A-HJ-NPR-Za-hj-npr-z0-9]{17}",
    valid=valid,
    cue=r"(?-i:\bVIN\b)|\bvin(?: ?[:#=]| n)|vehicle id|chassis|fahrgestell|\bfin[: -]|\bfahrzeug-ident",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("VIN: 1M8GDM9AXKP042788", "Fahrgestellnummer WVWZZZ1JZ3W386752", "chassis no. wvwzzz1jz3w386752")
SILENT = ("1M8GDM9AXKP042788", "VIN 1M8GDM9A1KP042788", "VIN WVWZZZ1JZ3W38675X", "VIN 12345678901234567")
