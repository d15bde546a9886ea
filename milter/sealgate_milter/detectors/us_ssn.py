"""US social security numbers.

Judged by structure (no area 000, 666 or 9xx, no group 00, no serial 0000). Three, two and four digits with the same
separator speak for themselves, on one line or broken once; nine bare digits, or digits parted otherwise, count only
beside a cue such as "SSN" or below it in a table, and only when no nearer label claims them.
"""

import re
from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors import columns
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import BREAK, Numbers, alone, compact, either, parted, short_lines

NAME = "us-ssn"
SENTENCE = "US social security numbers: 123-45-6789 anywhere, nine bare digits beside words such as SSN."
EXAMPLE = "Her SSN is 123-45-6789."

_CUE = (
    r"\bssn|_ssn\b|(?-i:[a-z]S(?:SN|sn)\b)|\bssan\b|\bss ?(?:#|no\b|num)|(?-i:\bSS:)|\bs\.s\.|\bs/s ?(?:#|no)|"
    r"\bsoc(?:ial|\.)?[ _-]?sec(?:urity|\.|\b)|\bsocial ?(?:number|num\b|no\b|#|:|is\b)|"
    r"\b(?:my|his|her|their|your|the) social\b|seguro social"
)
_LABELLED = re.compile(
    rb"(?i)\b(?:tel|telephone|phone|fax|mobile|cell|call|dial|order|invoice|ticket|case|tracking|part|serial|sku|isbn|"
    rb"model|version|reference|ref|confirmation|po|rfc|ip|build|release)\b"
    rb"(?:[ .:#-]{0,3}(?:no|number|num|id|code|is|at)\b)?[ .:#=()\"'-]{0,4}\Z"
)
_GOODS = (
    r"(?:invoice|order|part|lot|item|sku|serial|batch|model|catalog(?:ue)?|article|product|stock|material|drawing|"
    r"flight|plan|tracking|po)"
)
_NUMBER = r"(?:[ _-]?(?:no|nos|number|num|nr|id|code)s?\b\.?)?"
_GOODS_BEFORE = re.compile(
    rf"(?i)\b(?:{_GOODS}{_NUMBER}|(?:customer|client|vendor|supplier)[ _-](?:no|number|num|nr)\b\.?)"
    r"(?: (?:is|was))?[ :#=()\"'-]{1,4}\Z".encode()
)
_GOODS_BEHIND = re.compile(rf"(?i)[ ](?:is|was|=) (?:the|our|your|their|its|an?) {_GOODS}\b".encode())
_GOODS_HEADING = re2.compile(
    rf"(?im)(?:^|[\t|;,]|  )[ \"']*({_GOODS}s?{_NUMBER}(?: list)?)[ .:#\"']*(?:$|[\t|;,]|  )".encode()
)
"""Whatever is bought, sold or booked has numbers of any shape, those with hyphens too."""
_SHAPED = parted(rf"(?: ?[-/.] ?| {{1,2}}|\n\n?[ \t>|]{{0,4}}){BREAK}", 3, 2, 4)
_LOOSE = f"{either((3, 2, 4), (9,), (3, 6), (5, 4))}|{parted(f'[ -]{BREAK}', 3, 3, 3)}"


def valid(value: bytes) -> bool:
    """Tell whether nine digits can be a social security number."""
    return value[:3] not in (b"000", b"666") and value < b"9" and value[3:5] != b"00" and value[5:] != b"0000"


_DATE = re.compile(rb"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]")
_STRONG = re2.compile(_SHAPED.encode())
_SHORT_LINES = short_lines(4)
"""No two of them hold the nine digits of a number, and no number stands on three."""
_CUED = Numbers(shape=_LOOSE, cue=_CUE, valid=valid, before=90, after=30)
GATE = rf"(?:\b|_){_SHAPED}|{_CUED.gate}"


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8)."""
    taken: set[int] = set()
    goods: set[int] | None = None
    for match in _shaped(text):
        if goods is None:
            goods = _goods(text)
        if match.start in goods:
            continue
        taken.add(match.start)
        yield match
    yield from (match for match in _CUED.find(text) if match.start not in taken)


def _shaped(text: bytes) -> Iterator[Match]:
    position = 0
    while (found := _STRONG.search(text, position)) is not None:
        effort.step()
        start, end = found.span()
        digits = compact(found[0])
        if valid(digits) and _whole(text, start, end) and _speaks(text, start, end):
            position = end
            yield Match(start, end, digits)
        else:
            lines = _SHORT_LINES.match(text, start)
            position = max(start + 3, lines.start(1)) if lines else start + 3


def _goods(text: bytes) -> set[int]:
    """Return where the cells below headings such as "Part no." begin."""
    headings = [match.span(1) for match in _GOODS_HEADING.finditer(text)]
    return {start for start, _ in columns.below(text, headings)} if headings else set()


def _whole(text: bytes, start: int, end: int) -> bool:
    """Tell whether the number is not a piece of a longer one; parts of a file name may stand around it."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isalnum() or after[:1].isalnum() or before[-1:] in (b"+", b"$"):
        return False
    if before[-1:] in (b"-", b".", b"/") and before[:1].isdigit():
        return False
    return not (after[:1] in (b"-", b".", b"/", b",", b"%") and after[1:2].isdigit())


def _speaks(text: bytes, start: int, end: int) -> bool:
    """Tell whether a number of the right shape counts without a cue: its separators agree, and nothing claims it."""
    shown = text[start:end]
    if len(re.findall(rb"\n+", shown)) > 1:
        return False
    marks = {octet for octet in shown if octet in b"-/."}
    if len(marks) > 1 or _GOODS_BEFORE.search(text[max(0, start - 30) : start]):
        return False
    if _GOODS_BEHIND.match(text[end : end + 30]):
        return False
    if marks == {45}:
        return not (text[start - 1 : start] == b"-" and text[start - 2 : start - 1].isalnum())
    if not alone(text, start, end) or _LABELLED.search(text[max(0, start - 30) : start]):
        return False
    if marks:
        # Paths of files and addresses are full of numbers between slashes.
        return text[start - 1 : start] not in (b"/", b"\\") and shown.count(bytes(marks)) == 2
    return b"\n" not in shown and not _tabular(text, start, end)


def _tabular(text: bytes, start: int, end: int) -> bool:
    """Tell whether three numbers that a space parts are more likely cells of a table than groups of one number."""
    line = text.rfind(b"\n", max(0, start - 200), start) + 1
    before, after = text[max(line, start - 40) : start].rstrip(), text[end : end + 12].partition(b"\n")[0].lstrip()
    if before[-1:].isdigit() or before[-1:] == b"+" or (after[:1].isdigit() and not _DATE.match(after)):
        return True
    return (not before and after[:1].isalpha()) or columns.among_rows(text, start, end, _STRONG)


FIRES = (
    "123-45-6789", "078-05-1120", "219-09-9999 on file", "SSN 123456789", "SSN: 123/45/6789", "ssn 123 45\n6789",
    "SSN123-45-6789", "social security number is 123.45.6789.", "id 123 45 6789 x", "123456789 is her SSN",
    "123–45–6789", "123\u00ad-45-6789", "１２３-４５-６７８９", "١٢٣-٤٥-٦٧٨٩", "ssn 1 2 3 4 5 6 7 8 9", "123.45.6789",
    "see 123/45/6789", "123-4\n5-6789", "123-45-\n6789", "ssn 12345\n6789", "SSN-123-45-6789",
    "Name,SSN,Phone\nAnn,123456789,5551234567\n\"Lee, Bob\",234567891,5551234568\n", "SSNs: 123456789, 234-56-7891",
    "John_Smith_123-45-6789.pdf", '{"ssn":"123456789"}', "Social: 123456789", "customer_ssn=123456789",
    "SS# 123 456 789", "Name      SSN        City\nAnn Lee   123456789  Rome\n",
    "SSN\n\n123456789\n234567891\n345678912\n", "<b>123</b>-<i>45</i>-6789</p>",
    "https://x.example/?ssn=123%2D45%2D6789", "customer 123-45-6789", "Customer no. 4711, SSN 123-45-6789",
    "part 4 of the form: SSN 123-45-6789", "Order form\n\nSSN\n123-45-6789", "SKU list:\n\nAnn Lee, 123-45-6789",
    "name,SSN,part no.\nAnn,123-45-6789,223-45-6789\n", "Item\nEmployee ID 123-45-6789",
    "For my part. 123-45-6789 is it.",
)  # fmt: skip
SILENT = (
    "123456789", "000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "1123-45-6789",
    "123-45-67890", "+1 123-45-6789-0", "1 123 45 6789 4", "SSN on file. Phone 123456789", "98683-7575",
    "lines 123 45 6789 4", "123 45 6789 README\n9 8 7 x", "https://x.example/123/45/6789", "phone 123.45.6789",
    "SSN: 000-12-3456, 123 more", "SSN 666123456", "ORD-123-45-6789", "12345-6789", "2024-123-45-6789",
    "part no. 123-45-6789", "Lot 123-12-1234", "Invoice no. 123-12-1234", "Item 123-45-6789 bolt", "PO# 123-45-6789",
    "Customer no. 123-12-1234", "Flight 123-45 6789", "123-12-1234 is the lot number", "part number: 123-45-6789",
    "SKU list:\n123-45-6789 bolt\n223-45-6789 nut\n", "name,part no.\nbolt,123-45-6789\nnut,223-45-6789\n",
    "555-123-4567", "SSN required. ZIP 12345-6789", "SSN: 123,456,789.00",
)  # fmt: skip
