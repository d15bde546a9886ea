"""National numbers of Chile (RUT, RUN): seven or eight digits and a check digit or K modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers

NAME = "cl-rut"
SENTENCE = "Chilean national numbers: 12.345.678-5 with a right check digit beside words such as RUT."
EXAMPLE = "RUT 12.345.678-5"


def valid(value: bytes) -> bool:
    """Tell whether the last digit, or K, is right."""
    if len(value) == 9 and value[:2] >= b"50":
        return False  # a company's, no secret
    total = weighted(value[-2::-1], (2, 3, 4, 5, 6, 7, 2, 3))
    return b"0K987654321"[total % 11] == value[-1]


_NUMBERS = Numbers(
    shape=r"[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3} ?-? ?\n?[0-9Kk]",
    valid=valid,
    cue=r"\br\.?u\.?t\b|\br\.u\.n\b|(?-i:\bRUN:)|rol (?:ú|u)nico|c(?:é|e)dula de id",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("RUT: 12345678-5", "R.U.T. 30.686.957-4", "cédula de identidad 12.345.678-5", "12.345.678-5 (RUT)")
SILENT = ("12.345.678-5", "RUT 12.345.678-6", "RUT tel 12.345.678-5", "RUT 112.345.678-5", "RUT 76.086.428-5")
