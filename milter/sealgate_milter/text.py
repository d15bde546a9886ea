"""Text as a reader sees it: disguises undone.

`normalise` folds what looks alike to one form, so that detectors and word lists need to know one only. HTML is made
plain in `markup`.
"""

import itertools
import re
import unicodedata

import re2

from sealgate_milter.markup import from_html as from_html

_RUNS = re.compile(r"([^\x00-\x7f]+)")
_MARKS = re2.compile(r"(\p{M}{8})\p{M}+")


_PLANES = (range(0x80, 0x3400), range(0xA000, 0xAC00), range(0xD7A4, 0x20000), range(0xE0000, 0xE0200))
"""Where digits, dashes, spaces and invisible characters stand: not among ideographs and syllables."""


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
        elif category == "Pd":
            table[point] = "-"
        elif category == "Zs":
            table[point] = " "
        elif category in ("Zl", "Zp"):
            table[point] = "\n"
    nothing = [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x20E3, *range(0x180B, 0x180F)]
    table.update(dict.fromkeys([*nothing, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
    table.update(dict.fromkeys([0x2212, 0x2043, 0x02D7, 0x00AF, 0x30FC], "-"))
    table.update(dict.fromkeys([0xB7, 0x2022, 0x2024, 0x2027, 0x2219, 0x22C5, 0x30FB, 0xFF65], "."))
    # Windows' symbol fonts keep their characters here, and a 5 of theirs looks like any other.
    table.update({0xF000 + point: chr(point) for point in range(0x20, 0x7F)})
    table.update({0x2018: "'", 0x2019: "'", 0x201B: "'", 0x2032: "'", 0x201C: '"', 0x201D: '"', 0x2033: '"'})
    table.update({0x85: "\n", 0x2044: "/", 0x2215: "/", 0x2800: " "})
    return table


_FOLD = _fold_table()


def normalise(text: str) -> str:
    """Return `text` with compatibility forms, Unicode digits, dashes and spaces made plain and invisible ones gone."""
    text = text.replace("\r\n", "\n") if "\r" in text else text
    if "\0" in text:
        text = text.replace("\0", " ")
    if text.isascii():
        return text
    # Run by run: most text is ASCII, and most runs are the same few characters.
    pieces = _RUNS.split(text)
    folded = {run: _folded(run) for run in set(pieces[1::2])}
    if any(run and unicodedata.combining(run[0]) for run in folded.values()):
        return _folded(text)
    pieces[1::2] = map(folded.__getitem__, pieces[1::2])
    return "".join(pieces)


def _folded(text: str) -> str:
    if len(text) > 8:
        # Long runs of combining marks make normalisation quadratic; no script needs so many.
        text = _MARKS.sub(r"\1", text.encode("utf-8", "replace").decode())
    text = text.translate(_FOLD)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_FOLD)
