"""Text as a reader sees it: disguises undone.

`normalise` folds what looks alike to one form, so that detectors and word lists need to know one only. HTML is made
plain in `markup`.
"""

import itertools
import re
import unicodedata

import re2

from sealgate_milter.markup import END
from sealgate_milter.markup import RTL as RTL
from sealgate_milter.markup import from_html as from_html

_RUNS = re.compile(r"([^\x00-\x7f]+)")
_MARKS = re2.compile(r"(\p{M}{8})\p{M}+")
_MARKED = re.compile(r"(?<=[0-9 .,/_-])[\u0300-\u036f]+")
"""Accents on digits and on what stands between them."""
_OVERRIDDEN = re.compile(f"{RTL}([^{END}\n]*){END}?")
_ASCII_LETTER = re.compile("[A-Za-z]")


_PLANES = (range(0x80, 0x3400), range(0xA000, 0xAC00), range(0xD7A4, 0x20000), range(0xE0000, 0xE0200))
"""Where digits, dashes, spaces and invisible characters stand: not among ideographs and syllables."""


_STRUCK = (0x0305, *range(0x0332, 0x0339), 0x033F, *range(0x20D2, 0x20E1), *range(0x20E5, 0x20F0))
"""Combining lines over, under and through a character, which stays what it is."""
_RULES = (0x2500, 0x2501, 0x2504, 0x2505, 0x2508, 0x2509, 0x254C, 0x254D, 0x2550, 0x2574, 0x2576, 0x2578, 0x257A)
"""Horizontal lines for drawing boxes."""
_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονҮҺՏՍօսոհɑɡ",
    "ABESIJKMHOPCTYXaesijopcyxhdqwABEZHIKMNOPTYXovYhSUounhag",
)
"""Letters that look like Latin ones: they are read as these where a word has Latin letters beside them."""
_LOOKALIKE = frozenset(map(chr, _LATIN))


def _fold_table() -> dict[int, str | None]:
    """Map every character that only looks different, or like nothing, to its plain form."""
    table: dict[int, str | None] = {}
    for point in itertools.chain(*_PLANES):
        character = chr(point)
        category = unicodedata.category(character)
        if category == "Cf":
            table[point] = None
        elif category == "Nd":
            table[point] = str(unicodedata.decimal(character))
        elif category == "No" and (digit := unicodedata.digit(character, None)) is not None:
            table[point] = str(digit)
        elif category == "Pd":
            table[point] = "-"
        elif category == "Zs":
            table[point] = " "
        elif category in ("Zl", "Zp"):
            table[point] = "\n"
    nothing = [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x20E3, *range(0x180B, 0x180F)]
    table.update(dict.fromkeys([*nothing, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
    table.update(dict.fromkeys(_STRUCK))
    table.update(dict.fromkeys([0x2212, 0x2043, 0x02D7, 0x00AF, 0x30FC, 0x23AF, 0x2796, *_RULES], "-"))
    table.update(dict.fromkeys([0xB7, 0x2022, 0x2024, 0x2027, 0x2219, 0x22C5, 0x30FB, 0xFF65], "."))
    # Windows' symbol fonts keep their characters here, and a 5 of theirs looks like any other.
    table.update({0xF000 + point: chr(point) for point in range(0x20, 0x7F)})
    table.update({0x2018: "'", 0x2019: "'", 0x201B: "'", 0x2032: "'", 0x201C: '"', 0x201D: '"', 0x2033: '"'})
    table.update({0x85: "\n", 0x2044: "/", 0x2215: "/", 0x2800: " "})
    return table


_FOLD = _fold_table()


def turned(text: str) -> str:
    """Return `text` with what stands under a right-to-left override in the order in which it is shown."""
    return _OVERRIDDEN.sub(lambda match: match[1][::-1].replace(RTL, ""), text)


def normalise(text: str) -> str:
    """Return `text` with compatibility forms, Unicode digits, dashes and spaces made plain and invisible ones gone."""
    text = text.replace("\r\n", "\n") if "\r" in text else text
    if text.isascii():
        return text
    # Run by run: most text is ASCII, and most runs are the same few characters.
    pieces = _RUNS.split(text)
    folded = {run: _folded(run) for run in set(pieces[1::2])}
    if any(run and unicodedata.combining(run[0]) for run in folded.values()):
        pieces = _RUNS.split(_MARKED.sub("", _folded(text)))
    else:
        pieces[1::2] = map(folded.__getitem__, pieces[1::2])
    if any(run and _LOOKALIKE.issuperset(run) for run in set(pieces[1::2])):
        _unmix(pieces)
    return "".join(pieces)


def _unmix(pieces: list[str]) -> None:
    """Make Latin what looks so in the odd `pieces`, where Latin letters (`DЕ89`, `cоnfidential`) stand beside it."""
    for place in range(1, len(pieces), 2):
        run = pieces[place]
        beside = pieces[place - 1][-1:] + pieces[place + 1][:1]
        if _ASCII_LETTER.search(beside) and _LOOKALIKE.issuperset(run):
            pieces[place] = run.translate(_LATIN)


def _folded(text: str) -> str:
    if len(text) > 8:
        # Long runs of combining marks make normalisation quadratic; no script needs so many.
        text = _MARKS.sub(r"\1", text.encode("utf-8", "replace").decode())
    text = text.translate(_FOLD)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_FOLD)
