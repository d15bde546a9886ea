"""Machine-readable zones of passports, visas and identity cards (ICAO 9303).

Two lines of 44 or 36 characters or three of 30; the line with the dates of birth and expiry tells, by its check digits.
"""

from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors.dates import yymmdd
from sealgate_milter.detectors.match import Match

NAME = "passport-mrz"
SENTENCE = "Machine-readable zones of passports, visas and identity cards with right check digits."
EXAMPLE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"

_DAYS = r"[0-9]{6}[0-9][MFX<][0-9]{6}[0-9]"
_BOOK = rf"\b[A-Z0-9][A-Z0-9<]{{8}}[0-9<][A-Z<]{{3}}{_DAYS}[A-Z0-9<]{{8}}"
_CARD = rf"\b[ACI][A-Z0-9<][A-Z<]{{3}}[A-Z0-9<]{{9}}[0-9<][A-Z0-9<]{{15}}\n{_DAYS}[A-Z<]{{3}}"
GATE = rf"{_DAYS}[A-Z0-9<]{{3}}"
_ZONES = re2.compile(f"({_BOOK})|{_CARD}".encode())
_WEIGHTS = (7, 3, 1)


def find(text: bytes) -> Iterator[Match]:
    """Yield every zone in `text` (normalised UTF-8)."""
    for match in _ZONES.finditer(text):
        effort.step()
        shown = match[0]
        days = shown[13:28] if match[1] is not None else shown[31:46]
        number = shown[:10] if match[1] is not None else shown[5:15]
        if checked(number) and checked(days[:7]) and checked(days[8:]) and yymmdd(days[:6]):
            yield Match(match.start(), match.end(), number + days)


def checked(field: bytes) -> bool:
    """Tell whether a field's last character is its check digit; `<` stands for nothing, and for 0."""
    values = [0 if octet == 60 else int(chr(octet), 36) for octet in field]
    return sum(value * _WEIGHTS[place % 3] for place, value in enumerate(values[:-1])) % 10 == values[-1]


FIRES = (
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6",
    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
)  # fmt: skip
SILENT = (
    "L898902C36UTO7408123F1204159ZE184226B<<<<<10", "L898902C37UTO7408122F1204159ZE184226B<<<<<10",
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
)  # fmt: skip
