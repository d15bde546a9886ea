"""What stands in the attributes of office XML: texts that a reader sees, and numbers that somebody wrote anywhere.

Some attributes are known to hold text. Of all others those values count that hold a long number as people write them,
an account or a password: there are too many places for such to know them all, and all the rest is for programs.
"""

import html
import re

import re2

_SHOWN = (
    b"descr", b"title", b"alt", b"tooltip", b"displayText", b"prompt", b"promptTitle", b"error", b"errorTitle",
    b"string", b"string-value", b"string-value-if-true", b"string-value-if-false", b"author", b"creator", b"initials",
    b"alias", b"tag", b"placeholder", b"label", b"altText", b"caption", b"oddHeader", b"instr", b"num-prefix",
    b"num-suffix", b"current-value",
)  # fmt: skip
_ATTRIBUTE = re2.compile(rb"\s(?:\w+:)?(?:" + b"|".join(_SHOWN) + rb")\s*=\s*(?:\"([^\"<]{2,})\"|'([^'<]{2,})')")
"""RE2, here and below: a pattern with many names is no slower than one with a single name."""
_VALUED = re2.compile(
    rb"<(?:\w+:)?(?:docVar|default|listItem|alias|tag|docPart|result|statusText|helpText|textInput|listEntry|tblCaption"
    rb"|tblDescription|sheetName|attr)\s[^<>]*?(?:val|value)\s*=\s*[\"']([^\"'<]{2,})"
)
_PAIR = re2.compile(
    rb"<(?:\w+:)?(?:docVar|attr|tag)\s[^<>]*?\bname\s*=\s*[\"']([^\"'<]{2,})[\"'][^<>]*?val(?:ue)?\s*=\s*[\"']([^\"'<]{2,})"
)
"""Variables: what a bare number is tells its name."""
_NAMED = rb"[^<>]{0,2000}?\bname\s*=\s*[\"']([^\"'<]{2,})"
_NAMES = (
    (b"xlink:href", re.compile(rb"xlink:href\s*=\s*[\"']([a-z]{2,12}:[^\"'<]{2,})")),
    (b"<table:table ", re.compile(rb"<table:table\s" + _NAMED)),
    (b"sheet ", re.compile(rb"<(?:\w+:)?sheet\s" + _NAMED)),
    (b"cmAuthor ", re.compile(rb"<(?:\w+:)?cmAuthor\s" + _NAMED)),
    (b"section ", re.compile(rb"<(?:\w+:)?section\s" + _NAMED)),
)
"""Where links lead, and how sheets, sections and people are called."""
_LONG = re.compile(rb"=\s{0,9}(?:\"([^\"<]{9,2000})\"|'([^'<]{9,2000})')")
_TELLING = re.compile(
    rb"(?<![\w.{-])\d(?:[ ./-]?\d){6,40}(?![\w-])|\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3}"
    rb"|(?i:passw|pwd|passphrase|secret|token|api.?key)\w{0,9}\s?[=:]"
)
_BARE = re.compile(
    rb"(?!\d{15,16}\Z)\d+|-?\d+\.\d+|\d{4}-\d\d-\d\d(?:T[\d:.Z+-]*)?|-?\d+(?:\.\d+)?(?:[\s,]+-?\d+(?:\.\d+)?)+"
)
"""Identifiers that programs give by chance, points in time, coordinates; but a number of a card is no identifier."""
_DRAWN = re.compile(
    rb"(?:\A|;)\s?(?:position|z-index|width|height|left|top|margin-left)\s?:|\A(?:urn:|http://schemas\.)"
)
_WORD = re.compile(rb"[A-Za-z]{2}")
_LONGEST_NUMBER = 40
"""What is longer and has no word in it is a path that is drawn."""
_OFFICE = re.compile(rb"schemas\.openxmlformats|schemas-microsoft-com|schemas\.microsoft|urn:oasis")
_LABELLED = re.compile(rb"\s(?:\w{1,30}:)?([\w.-]{1,60})\s{0,9}=\s{0,9}[\"'](\d[\d ./-]{5,30}\d)[\"']")


def values(xml: bytes) -> str:
    """Return the values of attributes that a reader can see or that somebody filled in, one a line."""
    found = [double or single for double, single in _ATTRIBUTE.findall(xml)]
    found += _VALUED.findall(xml)
    found += [b": ".join(pair) for pair in _PAIR.findall(xml)]
    for word, pattern in _NAMES:
        if word in xml:
            found += pattern.findall(xml)
    found += [value for value in dict.fromkeys(a or b for a, b in _LONG.findall(xml)) if _is_telling(value)]
    return html.unescape(b"\n".join(dict.fromkeys(found)).decode("utf-8", "replace"))


def _is_telling(value: bytes) -> bool:
    return (
        _TELLING.search(value) is not None
        and _BARE.fullmatch(value) is None
        and _DRAWN.search(value) is None
        and (len(value) < _LONGEST_NUMBER or _WORD.search(value) is not None)
    )


def labelled(xml: bytes) -> str:
    """Return the numbers in the attributes of an XML file of somebody's own making with their names, one a line."""
    if _OFFICE.search(xml[:4000]):
        return ""
    pairs = dict.fromkeys(_LABELLED.findall(xml))
    return b"\n".join(b": ".join(pair) for pair in pairs).decode("utf-8", "replace")
