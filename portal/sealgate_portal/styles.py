"""What a `style` attribute of a mail may say: known properties, and values that can fetch, cover or run nothing.

Values are checked word by word instead of being parsed the way a browser does: an escape, a comment, a quote, a bracket
other than those of a colour, or anything outside ASCII drops the whole declaration.
"""

import re

_COLOUR = r"(?:#[0-9a-f]{3,8}|[a-z]{3,24}|(?:rgb|hsl)a?\([0-9 .,%/]{1,60}\))"
_LENGTH = r"(?:0|\d{0,5}(?:\.\d{1,4})?(?:px|pt|em|rem|ex|ch|in|cm|mm|pc|%)|auto|normal|inherit|thin|medium|thick)"
_WORD = r"[a-z][a-z-]{0,30}"

COLOUR = re.compile(rf"{_COLOUR}\Z")
_LENGTHS = re.compile(rf"{_LENGTH}(?: {_LENGTH}){{0,3}}\Z")
_BORDER = re.compile(rf"(?:{_LENGTH}|{_COLOUR}|{_WORD})(?: (?:{_LENGTH}|{_COLOUR}|{_WORD})){{0,3}}\Z")
_WORDS = re.compile(rf"{_WORD}(?: {_WORD}){{0,3}}\Z")
_SIZE = re.compile(rf"(?:{_LENGTH}|{_WORD}|\d{{1,2}}(?:\.\d{{1,3}})?)\Z")
_WEIGHT = re.compile(rf"(?:[1-9]00|{_WORD})\Z")
_FAMILY = re.compile(r"[a-z0-9 ,_-]{1,200}\Z")
_DISPLAY = re.compile(r"(?:none|block|inline|inline-block|list-item|table(?:-[a-z-]{3,20})?)\Z")
_OVERFLOW = re.compile(r"(?:hidden|visible|auto|scroll)\Z")

_SIDES = ("top", "right", "bottom", "left")
PROPERTIES: dict[str, re.Pattern[str]] = {
    "color": COLOUR,
    "background-color": COLOUR,
    **dict.fromkeys(("width", "min-width", "max-width", "height", "min-height", "max-height"), _LENGTHS),
    **dict.fromkeys(("margin", *(f"margin-{side}" for side in _SIDES)), _LENGTHS),
    **dict.fromkeys(("padding", *(f"padding-{side}" for side in _SIDES)), _LENGTHS),
    **dict.fromkeys(("border", *(f"border-{side}" for side in _SIDES)), _BORDER),
    **dict.fromkeys(("border-color", "border-style", "border-width", "border-radius", "border-spacing"), _BORDER),
    **dict.fromkeys(("font-size", "line-height", "letter-spacing", "word-spacing", "text-indent"), _SIZE),
    "font-weight": _WEIGHT,
    "font-family": _FAMILY,
    **dict.fromkeys((
        "font-style", "font-variant", "text-align", "text-decoration", "text-transform", "vertical-align",
        "white-space", "border-collapse", "table-layout", "caption-side", "empty-cells", "direction", "unicode-bidi",
        "float", "clear", "list-style-type", "list-style-position", "word-break", "overflow-wrap",
        "word-wrap", "visibility",
    ), _WORDS),
    "display": _DISPLAY,
    "overflow": _OVERFLOW,
}
"""Properties that pass, each with the pattern of its value. None of them takes a `url()` or leaves the flow."""

LONGEST = 4000
"""Characters of a style attribute; a longer one is dropped."""


def safe_style(style: str) -> str:
    """Return the declarations of `style` that are harmless, normalised."""
    if len(style) > LONGEST or "\\" in style or "/*" in style:
        return ""
    kept = (_declaration(*part.split(":", 1)) for part in style.split(";") if ":" in part)
    return ";".join(declaration for declaration in kept if declaration)


def _declaration(name: str, value: str) -> str:
    name = name.strip().lower()
    value = " ".join(value.lower().replace("!important", " ").split())
    if name == "background":
        # The short form only as what mail uses it for: a colour.
        name = "background-color"
    if name == "font-family":
        # Idents in a row name the same font as the quoted text.
        value = value.replace('"', "").replace("'", "")
    pattern = PROPERTIES.get(name)
    return f"{name}:{value}" if pattern and value.isascii() and pattern.match(value) else ""
