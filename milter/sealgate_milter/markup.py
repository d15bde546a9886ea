"""HTML as a reader sees it, and apart from it what stands in attributes, comments and scripts.

One pattern cuts the source into tags and text as browsers do (https://html.spec.whatwg.org/#tokenization). There is no
tree: nesting says nothing about text, and building one costs time that a hostile message can make quadratic. All of it
is linear: no alternative of the pattern looks further than what it or the next one consumes.
"""

import html
import re

_BLOCKS = (
    "address article aside blockquote br caption center dd details dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr input legend li main menu nav ol option p pre section select summary table tbody "
    "td textarea tfoot th thead title tr ul xmp"
)
"""Elements that end a line or a cell. All others are inline, unknown ones too: `12<x>3</x>` reads `123`."""
_RAW = "[iI](?i:frame)|[nN](?i:oembed|oframes)|[sS](?i:cript|tyle)|[tT](?i:extarea|itle)|[xX](?i:mp)"
"""Elements in which a tag is no tag (the end tag apart); by first letter, which `re` tells apart much faster."""
_SHOWN_RAW = ("textarea", "title", "xmp")
_INLINE = "a b big code em font i img o:p small span strike strong sub sup u"
"""The frequent ones."""
_READ = (
    "[aA](?i:lt|ria-label|ction)|[bB](?i:ackground)|[cC](?i:ontent)|[dD](?i:ata(?:-[a-zA-Z0-9.-]{1,40})?)"
    "|[fF](?i:ormaction)|[hH](?i:ref)|[lL](?i:abel)|[pP](?i:laceholder|oster)|[sS](?i:ummary|rcdoc|rc)|[tT](?i:itle)|[vV](?i:alue)"
)
"""Attributes that people read or that programs follow or keep."""

_S = r"[\t\n\f\r ]"
_END_OF_NAME = r"(?=[\t\n\f\r />])"
_VALUE = r"""(?:"[^"]*+"|'[^']*+'|[^\t\n\f\r >"'][^\t\n\f\r >]*+|(?=>))"""
_ATTRIBUTES = rf"(?:(?=>)|(?>(?:[\t\n\f\r /]++|[^\t\n\f\r />][^\t\n\f\r />=]*+(?:{_S}*+={_S}*+{_VALUE})?)*))"
_COMMENT = r"!--(?:-?>|(?>[^-]*+(?:-(?!-!?>)[^-]*+)*)--!?>)"
_RAW_ELEMENT = rf"({_RAW}){_END_OF_NAME}{_ATTRIBUTES}>(?>[^<]*+(?:<(?!/(?i:\4){_END_OF_NAME})[^<]*+)*)(?=<)"
_TOKEN = re.compile(
    rf"<(?:((?!(?:{_RAW}){_END_OF_NAME})/?[a-zA-Z][^\t\n\f\r />]*+)({_ATTRIBUTES})>"
    rf"|({_RAW_ELEMENT}|{_COMMENT}|(?:!(?!--)|\?|/(?![a-zA-Z]))[^>]*+>)"
    r"|([a-zA-Z/!?](?s:.*+)))"
)
"""Groups: name and attributes of a tag; what is no tag, and its name if it has one; what nothing closes, to the end.

No possessive group: those with alternatives inside match wrongly before Python 3.11.5; atomic ones do not.
"""
_BARE_TOKEN = re.compile(r"<(?:(/?[a-zA-Z][^\t\n\f\r /<>]*+)([^<>]*+)>|([!?/](?![a-zA-Z])[^<>]*+>)()())")
"""The same groups where nothing is quoted: any `<...>` is a tag."""
_OPENING = re.compile(rf"[a-zA-Z]+{_ATTRIBUTES}>")
_STRIDE = 6
MAX_PAGES = 2
"""Pages within attributes of pages that are read."""
_ATTRIBUTE = re.compile(
    rf"[\t\n\f\r /\"'](?:{_READ}){_S}*+={_S}*+"
    r"""(?:"([^"]++)|'([^']++)|([^\t\n\f\r >"'][^\t\n\f\r >]*+))"""
)


_CELL = "\t"
"""What parts the cells of a row, as in other tables, so that a heading's column can be followed."""


_KEPT = re.compile(r"<(?i:pre|textarea|xmp|script|style)\b|white-space")
"""Where line breaks of the source are shown, or end comments of scripts."""
_SPACES = {10: 32, 12: 32, 13: 32}


class _Breaks(dict[str | None, str]):
    """What a tag leaves in the text, by its name."""

    def __missing__(self, name: str | None) -> str:
        """Look up a name of mixed case; nothing is stored, since strangers choose names."""
        return self.get((name or "").lower(), "")


_BREAKS = _Breaks({slash + name: "\n" for name in _BLOCKS.split() for slash in ("", "/")})
_BREAKS.update({slash + name: "" for name in _INLINE.split() for slash in ("", "/")})
_BREAKS.update({"td": _CELL, "th": _CELL, "/td": "", "/th": ""})
_BREAKS[None] = ""
RTL, END = "\u202e", "\u202c"
"""Right-to-left override and its end: characters between these are shown in the reverse of their order."""
_BREAKS.update({"bdo": RTL, "/bdo": END})
_OVERRIDE = "bidi-override"
"""The style that does the same."""


def from_html(source: str, within: int = MAX_PAGES) -> tuple[str, str]:
    """Return the rendered text of `source` and, one a line, what attributes, comments and scripts say.

    Any string will do; pages in attributes are read `within` so many layers. What nothing closes (a comment, a quoted
    value, a script) is read as if it had not begun, since programs differ in what they show then.
    """
    text: list[str] = []
    apart: list[str] = []
    if not _KEPT.search(source):
        # A line break is a space, so that a cell stays one cell however its source is laid out.
        source = source.translate(_SPACES)
    rest = _cut(_TOKEN, source, text, apart, within)
    if rest:
        _cut(_BARE_TOKEN, "<" + rest, text, apart, within)
    return "".join(text), "\n".join(apart)


def _cut(token: re.Pattern[str], source: str, text: list[str], apart: list[str], within: int) -> str:
    """Add what `source` shows to `text`, the rest of what it says to `apart`; return what nothing closes."""
    pieces: list[str] = token.split(source)
    # One by one: joined with what follows, "&#49<b>2" would become one character.
    shown = [_unescaped(piece) if "&" in piece else piece for piece in pieces[0::_STRIDE]]
    between = list(map(_BREAKS.__getitem__, pieces[1::_STRIDE]))
    others, raw_names = pieces[3::_STRIDE], pieces[4::_STRIDE]
    for index in [place for place, other in enumerate(others) if other]:
        between[index] = _other(others[index], raw_names[index], apart, within)
    for index in [place for place, mark in enumerate(between) if mark == _CELL]:
        if shown[index].isspace():
            shown[index] = ""
    if _OVERRIDE in source:
        for index in [place for place, given in enumerate(pieces[2::_STRIDE]) if given and _OVERRIDE in given]:
            between[index] += RTL
            between[index + 1 : index + 2] = [END + mark for mark in between[index + 1 : index + 2]]
    joined = [""] * (len(shown) + len(between))
    joined[0::2], joined[1::2] = shown, between
    text += joined
    _attributes(pieces[2::_STRIDE], apart, within)
    return pieces[-2] or "" if between else ""


def _other(other: str, raw_name: str, apart: list[str], within: int) -> str:
    """Return what a comment, a declaration or a raw element shows in its place; add to `apart` what it does not."""
    if raw_name:
        opening = _OPENING.match(other)
        end = opening.end() if opening else 0
        content = other[end:]
        _attributes([other[len(raw_name) : end]], apart, within)
        if raw_name.lower() in _SHOWN_RAW:
            return "\n" + _unescaped(content)
        apart.append(content)
    elif other.startswith("!--"):
        # Outlook shows what stands in conditional comments, tags and all.
        apart += from_html(other[3:].rstrip("->!"), within)
    else:
        apart.append(other[1:-1])
    return ""


def _attributes(attributes: list[str], apart: list[str], within: int) -> None:
    """Add the values of these attributes to `apart`, and what stands in pages within them, as `srcdoc` holds one."""
    values = _values(attributes)
    apart += values
    for page in [value for value in values if "<" in value] if within else ():
        apart += from_html(page, within - 1)


def _values(attributes: list[str]) -> list[str]:
    """Return the values of attributes that carry text or addresses; most tags of a page have the same attributes."""
    different = "\n".join(("", *filter(None, dict.fromkeys(attributes))))
    # Of the three ways to quote a value, one matched.
    values = ["".join(found) for found in _ATTRIBUTE.findall(different)]
    if "&" in different:
        values = [_unescaped(value) if "&" in value else value for value in values]
    return [value for value in values if not value.startswith(("data:", "cid:"))]


def _unescaped(text: str) -> str:
    """Return `text` with character references undone; the two that nearly all of them are need no search."""
    if "&" not in text:
        return text
    text = text.replace("&nbsp;", " ")
    references = text.count("&")
    if references == text.count("&amp;"):
        return text.replace("&amp;", "&") if references else text
    return html.unescape(text)
