"""Makes the HTML of a mail harmless: a list of what may stay, applied by nh3 (html5ever and ammonia).

Nothing that runs, fetches, submits, styles the page around it or names an element stays. Pictures stay only when they
came with the message (`cid:`). The result is shown in a sandboxed frame under a policy of its own besides: each of the
three would do alone.
"""

import html as html_text
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

import nh3

from sealgate_portal.styles import COLOUR, safe_style

TAGS = {
    "a", "abbr", "address", "article", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li",
    "main", "mark", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr",
}
DROPPED_WHOLE = {
    "script", "style", "title", "svg", "math", "template", "textarea", "select", "noscript", "noembed", "noframes",
    "xmp", "iframe", "frameset", "object", "applet", "audio", "video", "canvas", "datalist", "plaintext",
}
"""Elements that go with everything in them; of the others that are not in `TAGS` the text stays."""

_BOX = {"align", "valign", "bgcolor", "width", "height"}
_CELL = _BOX | {"colspan", "rowspan", "nowrap", "scope", "abbr"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "align", "border", "hspace", "vspace"},
    "table": _BOX | {"border", "cellpadding", "cellspacing", "summary"},
    "td": _CELL, "th": _CELL, "tr": _BOX, "tbody": _BOX, "thead": _BOX, "tfoot": _BOX,
    "col": _BOX | {"span"}, "colgroup": _BOX | {"span"},
    "font": {"color", "face", "size"},
    "div": {"align"}, "p": {"align"}, "center": {"align"}, "hr": {"align", "width", "size", "color"},
    "h1": {"align"}, "h2": {"align"}, "h3": {"align"}, "h4": {"align"}, "h5": {"align"}, "h6": {"align"},
    "ol": {"start", "type", "reversed"}, "ul": {"type"}, "li": {"value", "type"}, "caption": {"align"},
    "del": {"datetime"}, "ins": {"datetime"},
}
SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\x00-\x20]", re.IGNORECASE)
_OPENING = re.compile(r"<[a-z]", re.IGNORECASE)

MOST_CHARACTERS = 4_000_000
MOST_ELEMENTS = 25_000
"""The parser's time grows with the square of the nesting: this many are opened within two seconds at the worst."""


class TooMuch(Exception):
    """The HTML is larger than we parse; there is the plain text and the file."""


@dataclass
class Sanitised:
    """Harmless `html`, how many pictures from elsewhere it lost, and the content ids that it shows."""

    html: str = ""
    blocked: int = 0
    shown: set[str] = field(default_factory=set)


def sanitise(html: str, picture: Callable[[str], str | None]) -> Sanitised:
    """Return `html` with only what is harmless; raise `TooMuch`.

    `picture` returns the address to use for a content id (without `cid:` and brackets), `None` when there is none.
    """
    if len(html) > MOST_CHARACTERS or sum(1 for _ in _OPENING.finditer(html)) > MOST_ELEMENTS:
        raise TooMuch(f"{len(html)} characters of HTML")
    result = Sanitised()

    def check(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            return _picture(value, picture, result)
        return _attribute(name, value)

    result.html = nh3.clean(
        html, tags=TAGS, clean_content_tags=DROPPED_WHOLE, attributes=ATTRIBUTES, attribute_filter=check,
        url_schemes=SCHEMES, link_rel="noopener noreferrer", set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return result


def _attribute(name: str, value: str) -> str | None:
    if name == "href":
        link = value.strip("\x00\x09\x0a\x0c\x0d\x20")
        return link if _LINK.match(link) else None
    if name == "style":
        return safe_style(value) or None
    if name in {"bgcolor", "color"}:
        return value if COLOUR.match(value.lower()) else None
    return value


def _picture(value: str, picture: Callable[[str], str | None], result: Sanitised) -> str | None:
    source = value.strip()
    if source[:4].lower() != "cid:":
        result.blocked += 1
        return None
    content_id = unquote(source[4:]).strip("<>")
    address = picture(content_id)
    if address is not None:
        result.shown.add(content_id)
    return address


_URL = re.compile(r"\b(?:(?:https?://|www\.)[^\s<>\"'`]{2,2000}|mailto:[^\s<>\"'`]{3,320})", re.IGNORECASE)
_TRAILING = ".,;:!?)]}*_'\""


def linkify(text: str) -> str:
    """Return plain `text` as HTML, with its addresses of the web as links."""
    pieces, last = [], 0
    for match in _URL.finditer(text):
        address = _trimmed(match[0])
        target = address if ":" in address[:8] else f"https://{address}"
        pieces.append(html_text.escape(text[last:match.start()]))
        pieces.append(f'<a href="{html_text.escape(target)}" target="_blank" rel="noopener noreferrer">'
                      f"{html_text.escape(address)}</a>")
        last = match.start() + len(address)
    pieces.append(html_text.escape(text[last:]))
    return "".join(pieces)


def _trimmed(address: str) -> str:
    """Return `address` without the punctuation of the sentence around it; a bracket that it opened itself stays."""
    while address[-1:] in _TRAILING:
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address


_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/h[1-6]|/li|/table|hr|/blockquote)\b[^>]*>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]>", re.IGNORECASE)


def as_text(html: str) -> str:
    """Return the text of `html`, for people who like it plain and for quoting; raise `TooMuch`."""
    clean = sanitise(re.sub(r"[ \t\r\n]+", " ", html), lambda _: None).html
    clean = _CELL_END.sub("\t", _BREAK.sub("\n", clean))
    plain = html_text.unescape(nh3.clean(clean, tags=set()))
    lines = (re.sub(r"[ \xa0]+", " ", line).strip() for line in plain.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
