"""US social security numbers.

Judged by structure (no area 000, 666 or 9xx, no group 00, no serial 0000). `123-45-6789` speaks for itself; nine bare
digits, or digits with other separators or one line break between them, count only beside a cue such as "SSN", and
only when no nearer label (phone, routing number, invoice, …) claims them.
"""

import re
from collections.abc import Iterator

import re2

from sealgate_milter.detectors.match import Match

NAME = "us-ssn"
SENTENCE = "US social security numbers: 123-45-6789 anywhere, nine bare digits beside words such as SSN."
EXAMPLE = "Her SSN is 123-45-6789."

_CUE = (
    r"(?i:\bss[ns]s?\b|\bssn|\bss ?#|\bs\.s\.n?|soc(?:ial|\.)? ?sec(?:urity|\.)?\b|"
    r"\bsocial (?:number|no\b|#)|seguro social)"
)
GATE = rf"[0-9]{{3}}[- ][0-9]{{2}}[- ][0-9]{{4}}|{_CUE}"

_SHAPED = re2.compile(rb"([0-9]{3})([- ])([0-9]{2})([- ])([0-9]{4})")
_LOOSE = re2.compile(rb"[0-9](?:[ \t.,/_:|()\[\]*~+-]{0,3}\n?[ \t.,/_:|()>-]{0,3}[0-9]){8}")
_CUES = re2.compile(_CUE.encode())
_OTHER = re.compile(
    rb"(?i)\b(?:phone|tel|fax|mobile|cell|call|routing|aba|account|acct|invoice|order|ticket|case|ein|itin|npi|zip|"
    rb"tracking|part|serial|mrn|passport|claim|policy|member|reference|ref|isbn|po|license|licence)\b"
)
_DIGITS = bytes(range(48, 58))
BEFORE, AFTER = 90, 30


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8)."""
    taken: set[int] = set()
    for match in _SHAPED.finditer(text):
        start, end = match.span()
        if match[2] != match[4] or not valid(match[1], match[3], match[5]) or not _alone(text, start, end):
            continue
        if match[2] == b"-" or not _in_a_row_of_numbers(text, start, end):
            taken.add(start)
            yield Match(start, end, match[1] + match[3] + match[5])
    yield from (match for match in _beside_cues(text) if match.start not in taken)


def _beside_cues(text: bytes) -> Iterator[Match]:
    cues = [match.span() for match in _CUES.finditer(text)]
    if not cues:
        return
    index = 0
    for match in _LOOSE.finditer(text):
        start, end = match.span()
        digits = bytes(octet for octet in match[0] if octet in _DIGITS)
        if not _alone(text, start, end) or not valid(digits[:3], digits[3:5], digits[5:]):
            continue
        while index + 1 < len(cues) and cues[index + 1][1] <= start:
            index += 1
        if _near(text, start, end, cues[index : index + 2]):
            yield Match(start, end, digits)


def _near(text: bytes, start: int, end: int, cues: list[tuple[int, int]]) -> bool:
    """Tell whether a cue stands before the number with no other label between, or after it on the same line."""
    cue = cues[0][1]
    if cue <= start <= cue + BEFORE and not _OTHER.search(text[cue:start]):
        return True
    return any(end <= begin <= end + AFTER and b"\n" not in text[end:begin] for begin, _ in cues)


def valid(area: bytes, group: bytes, serial: bytes) -> bool:
    """Tell whether the three parts can stand in a social security number."""
    return area not in (b"000", b"666") and area < b"900" and group != b"00" and serial != b"0000"


def _alone(text: bytes, start: int, end: int) -> bool:
    """Tell whether the number is not a piece of a longer one."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isdigit() or after[:1].isalnum():
        return False
    if before[-1:] in (b"-", b".", b"/", b"+", b"$") and (before[-1:] in b"+$" or before[:1].isdigit()):
        return False
    return not (after[:1] in (b"-", b".", b"/", b",", b"%") and after[1:2].isdigit())


def _in_a_row_of_numbers(text: bytes, start: int, end: int) -> bool:
    """Tell whether a space-separated number has another number as its neighbour on the line, as in a table."""
    before = text[max(0, start - 12) : start].rpartition(b"\n")[2].rstrip()
    after = text[end : end + 12].partition(b"\n")[0].lstrip()
    return before[-1:].isdigit() or before[-1:] == b"+" or after[:1].isdigit()


FIRES = (
    "123-45-6789", "078-05-1120", "219-09-9999 on file", "SSN 123456789", "SSN: 123/45/6789", "ssn 123 45\n6789",
    "SSN123-45-6789", "social security number is 123.45.6789.", "id 123 45 6789 x", "123456789 is her SSN",
    "123–45–6789", "123\u00ad-45-6789", "１２３-４５-６７８９", "١٢٣-٤٥-٦٧٨٩", "ssn 1 2 3 4 5 6 7 8 9",
    "<b>123</b>-<i>45</i>-6789</p>", "https://x.example/?ssn=123%2D45%2D6789",
)  # fmt: skip
SILENT = (
    "123456789", "000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "1123-45-6789",
    "123-45-67890", "+1 123-45-6789-0", "1 123 45 6789 4", "SSN on file. Phone 123456789", "98683-7575",
)  # fmt: skip
