"""International bank account numbers (ISO 13616).

Judged by the country's length and structure and by the check digits (ISO/IEC 7064, mod 97-10); written together or
in groups, in either case. National check digits are not looked at.
"""

import functools
import re
from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors.checksums import mod_97
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import compact

NAME = "iban"
SENTENCE = "International bank account numbers (IBAN) of every registered country, with right check digits."
EXAMPLE = "Account DE89 3704 0044 0532 0130 00"

_STRUCTURES = """
AD 8n12c AE 19n AL 8n16c AT 16n AZ 4a20c BA 16n BE 12n BG 4a6n8c BH 4a14c BI 23n BR 23n1a1c BY 4c4n16c CH 5n12c
CR 18n CY 8n16c CZ 20n DE 18n DJ 23n DK 14n DO 4c20n EE 16n EG 25n ES 20n FI 14n FK 2a12n FO 14n FR 10n11c2n GB 4a14n
GE 2a16n GI 4a15c GL 14n GR 7n16c GT 4c20c HN 4a20n HR 17n HU 24n IE 4a14n IL 19n IQ 4a15n IS 22n IT 1a10n12c JO 4a4n18c
KW 4a22c KZ 3n13c LB 4n20c LC 4a24c LI 5n12c LT 16n LU 3n13c LV 4a13c LY 21n MC 10n11c2n MD 2c18c ME 18n MK 3n10c2n
MN 16n MR 23n MT 4a5n18c MU 4a19n3a NI 4a20n NL 4a10n NO 11n OM 3n16c PK 4a16c PL 24n PS 4a21c PT 21n QA 4a21c
RO 4a16c RS 18n RU 14n15c SA 2n18c SC 4a20n3a SD 14n SE 20n SI 15n SK 20n SM 1a10n12c SO 19n ST 21n SV 4a20n TL 19n
TN 20n TR 6n16c UA 6n19c VA 18n VG 4a16n XK 16n YE 4a4n18c
"""
_CLASS = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
_GAP = r"[ \t./:_~*\\|-]{0,3}(?:\n\n?[ \t>|]{0,4}[ ./:_~-]?)?"


def _kinds(structure: str) -> str:
    """Return the kind of every character behind the country's code, the check digits first."""
    return "nn" + "".join(kind * int(count) for count, kind in re.findall(r"(\d+)([nac])", structure))


_WORDS = _STRUCTURES.split()
COUNTRIES = {country: _kinds(structure) for country, structure in zip(_WORDS[::2], _WORDS[1::2], strict=True)}


def _openings(length: int) -> str:
    """Return the pattern of a country's code and `length` more characters, countries of one kind together."""
    alike: dict[str, list[str]] = {}
    for country, kinds in COUNTRIES.items():
        alike.setdefault(kinds[:length], []).append(_GAP.join(country))
    openings = ("".join(_GAP + _CLASS[kind] for kind in kinds) for kinds in alike)
    return "|".join(rf"\b(?:{'|'.join(those)}){rest}" for those, rest in zip(alike.values(), openings, strict=True))


GATE = f"(?i:{_openings(8)})(?:{_GAP}[0-9A-Za-z]){{5}}"
_START = re2.compile(f"(?i:{_openings(6)})".encode())


@functools.cache
def _whole(country: bytes) -> re.Pattern[bytes]:
    """Return the pattern of the country's numbers, written in any way."""
    classes = "".join(_GAP + _CLASS[kind] for kind in COUNTRIES[country.decode()])
    return re.compile((_GAP.join(country.decode()) + classes).encode(), re.IGNORECASE)


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8)."""
    reached = 0
    for opening in _START.finditer(text):
        effort.step()
        start = opening.start()
        if start < reached or text[max(0, start - 1) : start].isalnum():
            continue
        found = _whole(compact(opening[0])[:2]).match(text, start)
        if found is None or text[found.end() : found.end() + 1].isalnum():
            continue
        value = compact(found[0])
        if valid(value):
            reached = found.end()
            yield Match(start, reached, value)


def valid(value: bytes) -> bool:
    """Tell whether `value` (upper case, no separators) has its country's structure and right check digits."""
    country = value[:2].decode("ascii", "replace")
    return country in COUNTRIES and bool(_whole(value[:2]).fullmatch(value)) and mod_97(value[4:] + value[:4]) == 1


FIRES = (
    "DE89370400440532013000", "de89 3704 0044 0532 0130 00 and", "BE68539007547034", "GB82 WEST 1234 5698 7654 32",
    "IBAN:FR1420041010050500013M02606", "DE89 3704 0044\n0532 0130 00", "NL91-ABNA-0417-1643-00",
)  # fmt: skip
SILENT = (
    "DE89 3704 0044 0532 0130 01", "XX89370400440532013000", "DE8937040044053201300", "ADE89370400440532013000",
)  # fmt: skip
