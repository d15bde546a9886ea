"""A spreadsheet's numbers as its reader sees them: `512438870` under the format `000-00-0000` is `512-43-8870`.

Format codes from ECMA-376 part 1, 18.8.30 and 18.8.31. Colours, conditions and widths are passed over; fractions and
whatever is not understood come out as the plain number.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "$#,##0", 6: "$#,##0", 7: "$#,##0.00", 8: "$#,##0.00", 9: "0%",
    10: "0.00%", 11: "0.00E+00", 14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yyyy h:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00",
    40: "#,##0.00", 41: "#,##0", 42: "$#,##0", 43: "#,##0.00", 44: "$#,##0.00", 45: "mm:ss", 46: "h:mm:ss",
    47: "mm:ss.0", 48: "0.0E+00", 49: "@",
}  # fmt: skip
"""Formats that a file names by number only."""
_LONGEST = 255
_LARGEST = 1e18
_TOKEN = re.compile(r"""
    "([^"]*)"?                                   # a literal in quotes
    |\\(.)|_(.)|\*(.)                            # a literal character, the width of one, a fill
    |\[\$([^\]-]*)[^\]]*\]                       # a currency, with a locale
    |\[(h+|m+|s+)\]                              # elapsed time
    |\[[^\]]*\]?                                 # colour, condition
    |(General)|(AM/PM|A/P)|(E[+-])|(y+|m+|d+|h+|s+)|([0#?]+)|(.)
""", re.VERBOSE | re.IGNORECASE | re.DOTALL)  # fmt: skip
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_Part = tuple[str, str]


def shown(value: float, code: str, *, from_1904: bool = False) -> str:
    """Return `value` as a cell with the format `code` shows it, and behind it what the format would hide.

    A date that is not shown year first is given that way too, and a long whole number whose digits the format loses
    is given plain: both are in the cell for whoever clicks on it.
    """
    if value != value or abs(value) > _LARGEST:
        return plain(value)
    text = _compiled(code[:_LONGEST])(value, from_1904)
    whole = int(value)
    if value == whole and abs(whole) >= 1_000_000 and str(abs(whole)) not in re.sub(r"\D", "", text):
        text = f"{text} {whole}"
    return text


def plain(value: float) -> str:
    """Return `value` without a format: a whole number in full, others with up to 15 digits."""
    return str(int(value)) if abs(value) < _LARGEST and value == int(value) else f"{value:.15g}"


@lru_cache(maxsize=500)
def _compiled(code: str) -> Callable[[float, bool], str]:
    sections = _sections(code)
    kinds = {kind for kind, _ in sections[0]}
    if "date" in kinds or "elapsed" in kinds:
        return lambda value, from_1904: _date(value, sections[0], from_1904)
    if not kinds & {"digits", "exponent"}:
        return lambda value, _: _worded(value, sections[0])
    if any(kind == "literal" and text == "/" for kind, text in sections[0]):
        return lambda value, _: plain(value)

    def number(value: float, _: bool) -> str:
        if value < 0 and len(sections) > 1:
            return _number(-value, sections[1])
        if value == 0 and len(sections) > 2:
            return _number(value, sections[2])
        return _number(value, sections[0])

    return number


def _sections(code: str) -> list[list[_Part]]:
    """Split a format code into its sections, and each into (kind, text) pairs."""
    sections: list[list[_Part]] = [[]]
    for match in _TOKEN.finditer(code):
        quoted, escaped, width, _, currency, elapsed, general, noon, exponent, date, digits, other = match.groups()
        if other == ";":
            sections.append([])
        elif date or elapsed:
            sections[-1].append(("elapsed" if elapsed else "date", (date or elapsed).lower()))
        elif digits or noon or exponent or general:
            kind = "digits" if digits else "noon" if noon else "exponent" if exponent else "general"
            sections[-1].append((kind, match[0]))
        elif other and other in ".,%":
            sections[-1].append((other, other))
        else:
            sections[-1].append(("literal", quoted or escaped or currency or other or (" " if width else "")))
    return sections


def _worded(value: float, parts: list[_Part]) -> str:
    """Return what a format without places for digits shows, and behind it the number unless it is shown among it."""
    shown_too = any(kind == "general" or text == "@" for kind, text in parts)
    words = "".join(
        plain(value) if kind == "general" or text == "@" else text if kind in ("literal", ".", ",", "%") else ""
        for kind, text in parts
    )
    return words if shown_too else f"{words} {plain(value)}".strip()


def _number(value: float, parts: list[_Part]) -> str:
    kinds = [kind for kind, _ in parts]
    if "digits" not in kinds:
        return "".join(text for kind, text in parts if kind == "literal")
    if "exponent" in kinds:
        return f"{value:.{_decimals(parts)}E}"
    last = len(kinds) - 1 - kinds[::-1].index("digits")
    scale = 100.0 ** kinds.count("%") / 1000.0 ** _leading(kinds[last + 1 :], ",")
    text = f"{abs(value) * scale:.{_decimals(parts)}f}"
    whole, _, fraction = text.partition(".")
    point = kinds.index(".") if "." in kinds else len(kinds)
    before = _whole(whole, parts[:point], grouped="," in kinds[: min(point, last)])
    after = "".join(
        fraction if kind == "digits" and index == point + 1 else "." if kind == "." and fraction else
        text if kind in ("literal", "%") else ""
        for index, (kind, text) in enumerate(parts) if index >= point
    )  # fmt: skip
    return ("-" if value < 0 else "") + before + after


def _leading(kinds: list[str], kind: str) -> int:
    count = 0
    while count < len(kinds) and kinds[count] == kind:
        count += 1
    return count


def _decimals(parts: list[_Part]) -> int:
    kinds = [kind for kind, _ in parts]
    if "." not in kinds:
        return 0
    following = parts[kinds.index(".") + 1 :][:1]
    return min(len(following[0][1]), 30) if following and following[0][0] == "digits" else 0


def _whole(digits: str, parts: list[_Part], *, grouped: bool) -> str:
    """Return `digits` poured from the right into the places of `parts`; what is left stands in the first place."""
    out: list[str] = []
    rest = digits
    places = [index for index, (kind, _) in enumerate(parts) if kind == "digits"]
    for index in range(len(parts) - 1, -1, -1):
        kind, text = parts[index]
        if kind == "digits":
            count = len(text) if index != places[0] else max(len(rest), len(text))
            piece, rest = rest[max(0, len(rest) - count) :], rest[: max(0, len(rest) - count)]
            # Only a 0 is shown where the number has no digit.
            piece = "0" * text[: len(text) - len(piece)].count("0") + piece if len(piece) < len(text) else piece
            out.append(piece)
        elif kind in ("literal", "%"):
            out.append(text)
    whole = "".join(reversed(out))
    return re.sub(r"(?<=\d)(?=(?:\d{3})+(?!\d))", ",", whole) if grouped else whole


def _date(value: float, parts: list[_Part], from_1904: bool) -> str:
    """Return the date or time `value`, days since 1900 (or 1904), in the form that `parts` asks for."""
    # 1900 counts as a leap year in these programs, which is why the count begins in December 1899.
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)
    if not -600_000 < value < 2_900_000:
        return plain(value)
    try:
        moment = start + timedelta(seconds=round(value * 86_400))
    except OverflowError:
        return plain(value)
    text = "".join(_date_parts(moment, value, parts))
    iso = moment.strftime("%Y-%m-%d")
    dated = any(kind == "date" and part[0] in "yd" for kind, part in parts)
    return f"{text} {iso}" if dated and iso not in text else text


def _date_parts(moment: datetime, value: float, parts: list[_Part]) -> list[str]:
    out = []
    clock = [text[0] if kind in ("date", "elapsed") else "" for kind, text in parts]
    half = any(kind == "noon" for kind, _ in parts)
    for index, (kind, text) in enumerate(parts):
        if kind == "date":
            minute = text[0] == "m" and _is_minute(clock, index)
            out.append(_field(moment, "n" * len(text) if minute else text, half))
        elif kind == "elapsed":
            unit = {"h": 24, "m": 1440, "s": 86_400}[text[0]]
            out.append(str(int(value * unit + 1e-6)))
        elif kind == "noon":
            out.append("AM" if moment.hour < 12 else "PM")
        elif kind in ("literal", ".", ",", "%"):
            out.append(text)
    return out


def _is_minute(clock: list[str], index: int) -> bool:
    """Tell whether the `m` at `index` stands behind hours or before seconds."""
    before = next((unit for unit in reversed(clock[:index]) if unit), "")
    after = next((unit for unit in clock[index + 1 :] if unit), "")
    return before == "h" or after == "s"


def _field(moment: datetime, text: str, half: bool) -> str:
    hour = (moment.hour % 12 or 12) if half else moment.hour
    unit, long = text[0], len(text)
    if unit == "y":
        return f"{moment.year:04d}" if long > 2 else f"{moment.year % 100:02d}"
    if unit in "md" and long > 2:
        names, number = (_MONTHS, moment.month - 1) if unit == "m" else (_DAYS, moment.weekday())
        return names[number] if long == 4 else names[number][: 1 if long == 5 else 3]
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[unit]
    return f"{number:0{min(long, 2)}d}"
