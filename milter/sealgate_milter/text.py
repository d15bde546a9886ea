"""Text as a reader sees it: HTML made plain, disguises undone.

`normalise` folds what looks alike to one form, so that detectors and word lists need to know one only. `from_html`
gives the rendered text, joined across inline tags, and apart from it what attributes say.
"""

import html
import re
import sys
import unicodedata
import urllib.parse

import re2
from selectolax.lexbor import LexborHTMLParser

_BLOCKS = (
    "address article aside blockquote br caption dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "li main nav ol option p pre section select table tbody td textarea tfoot th thead title tr ul"
)
_CLONED = "a b big code em font i nobr s small strike strong tt u"
"""Formatting elements, which HTML opens again in every block."""


def _any_of(names: str) -> str:
    """Return a pattern for these names in any case, by first letter, which `re` tells apart much faster."""
    tails: dict[str, list[str]] = {}
    for name in names.split():
        tails.setdefault(name[0], []).append(name[1:])
    return "|".join(f"[{one}{one.upper()}](?i:{'|'.join(rest)})" for one, rest in tails.items())


_BLOCK_TAG = re.compile(rf"<(?=/?(?:{_any_of(_BLOCKS)})[\s/>])")
_FORMATTING = rf"(?=(?:{_any_of(_CLONED)})[\s/>])"
_FORMATTING_OPEN = re.compile("<" + _FORMATTING)
_FORMATTING_CLOSE = re.compile("</" + _FORMATTING)
_ANY_TAG = re.compile(r"<!?[a-zA-Z/!?-][^<>]*>")
_ATTRIBUTE = re.compile(
    r"\s(alt|title|href|src|content|value|placeholder|aria-label|label|summary)\s*=\s*"
    r"(?:\"([^\"<>]{1,4000})\"|'([^'<>]{1,4000})')",
    re.IGNORECASE,
)
_ESCAPES = re.compile(r"%[2-7][0-9A-Fa-f]")
_MARKS = re2.compile(r"(\p{M}{8})\p{M}+")

MANY_TAGS = 2_000
"""From so many tags on, formatting elements are renamed first: HTML's rules clone them, which can explode."""
TOO_MANY_TAGS = 20_000
"""From so many tags on, tags are cut out instead of parsed: a tree can cost time quadratic in its depth."""


def _fold_table() -> dict[int, str | None]:
    """Map every character that only looks different, or like nothing, to its plain form."""
    table: dict[int, str | None] = {0: " "}
    for point in range(128, sys.maxunicode + 1):
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
    table.update({0x85: "\n", 0x2044: "/", 0x2215: "/", 0x2024: ".", 0x2800: " "})
    return table


_FOLD = _fold_table()


def normalise(text: str) -> str:
    """Return `text` with compatibility forms, Unicode digits, dashes and spaces made plain and invisible ones gone."""
    text = text.replace("\r\n", "\n") if "\r" in text else text
    if text.isascii():
        return text.replace("\0", " ") if "\0" in text else text
    # Long runs of combining marks make normalisation quadratic; no script needs so many.
    text = _MARKS.sub(r"\1", text.encode("utf-8", "replace").decode())
    text = text.translate(_FOLD)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_FOLD)


def from_html(source: str) -> tuple[str, str]:
    """Return the rendered text of `source` and, one a line, the attribute values that a reader may see or follow."""
    tags = source.count("<")
    marked = _BLOCK_TAG.sub("\n<", source)
    if tags > TOO_MANY_TAGS:
        rendered = html.unescape(_ANY_TAG.sub("", marked))
    else:
        if tags > MANY_TAGS:
            marked = _FORMATTING_CLOSE.sub("</x", _FORMATTING_OPEN.sub("<x", marked))
        rendered = _parsed(marked)
    return rendered, attributes(source)


def _parsed(marked: str) -> str:
    tree = LexborHTMLParser(marked.replace("\0", " "))
    root = tree.root
    return str(root.text(deep=True, separator="")) if root is not None else ""


def attributes(source: str) -> str:
    """Return the values of attributes that carry text or addresses, one a line."""
    values = []
    for match in _ATTRIBUTE.finditer(source):
        value = html.unescape(match[2] or match[3])
        # Where an image lies says nothing; where a link leads may.
        if match[1].lower() != "src" and not value.startswith(("data:", "cid:")):
            values.append(value)
    return "\n".join(values)


def unquoted(text: str) -> str | None:
    """Return `text` with percent-encoding undone, `None` when it holds none."""
    return urllib.parse.unquote(text, errors="replace") if _ESCAPES.search(text) else None
