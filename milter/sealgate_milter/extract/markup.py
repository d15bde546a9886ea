"""Text out of office XML: runs joined as a reader sees them, broken where paragraphs, cells and lines break.

No XML parser is at work: tags are told from text, and that is all. Nothing malformed makes anything unreadable, no
entity is ever expanded or fetched, and time is linear.
"""

import html
import re
from collections.abc import Iterator

from sealgate_milter import transfer
from sealgate_milter.extract import attributes

_TOKEN = re.compile(rb"<(/?[^\s/<>]*)[^<>]*>?([^<]*)")
_PARAGRAPH = re.compile(rb"<(?:\w+:)?[ph][\s/>]")
_LIFTED = (b"txbxContent", b"instrText", b"annotation", b"note", b"rPh", b"rt>", b"Fallback")
_LIFTED_TAG = re.compile(rb"<(/?)(?:\w+:)?(?:txbxContent|instrText|annotation|note|rPh|rt|Fallback)(?=[\s/>])[^<>]*>")
_TRACKED = (b":del ", b":del>", b"<del ", b"<del>", b"moveFrom", b":ins ", b":ins>", b"<ins ", b"<ins>", b"moveTo")
_DELETED_TAG = re.compile(rb"<(/?)(?:\w+:)?(?:del|moveFrom)(?=[\s/>])[^<>]*>")
_INSERTED_TAG = re.compile(rb"<(/?)(?:\w+:)?(?:ins|moveTo)(?=[\s/>])[^<>]*>")
_PLACES = (b"Off", b"tableStyleId>", b"pctWidth>", b"pctHeight>")
_PLACE = re.compile(rb"<\w+:(?:col|row|colOff|rowOff|posOffset|tableStyleId|pctWidth|pctHeight)>[^<]*")
"""Where a drawing lies: numbers that nobody sees, in the midst of text."""
_SYMBOL = re.compile(
    rb"<(?:\w+:)?sym\s[^<>]{0,200}?\bchar\s*=\s*[\"'](?:[Ff]0([0-9A-Fa-f]{2})|([0-9A-Fa-f]{2,4}))[\"'][^<>]*>"
)
"""A character by its number in a font; fonts of symbols have theirs from F000 on."""
_ENCODING = re.compile(rb"<\?xml[^>]{0,100}\sencoding\s*=\s*[\"']([\w.:-]{1,40})")
# While a table is put together; then a row is a line, with tabs between its cells.
_ROW, _CELL = "\x1e", "\x1f"
_ROW_BREAK = re.compile(rf"\n?{_ROW}[{_ROW}\n]*(?:{_CELL}\n?)?")
_CELL_BREAK = re.compile(rf"\n?{_CELL}\n?")
_EMPTY_LINES = re.compile(r"\n{2,}")
_BREAKS = {
    "\n": (
        "p h br cr line-break si comment pt v sectPr footnote endnote txbxContent li div title "
        "list-item definedName property header footer oddHeader oddFooter evenHeader evenFooter firstHeader "
        "firstFooter cm text-box h1 h2 h3 h4 h5 h6 option"
    ),
    "\t": "tab ptab",
    _ROW: "tr row table-row",
    _CELL: "tc table-cell covered-table-cell td th",
    "-": "noBreakHyphen",
    " ": "s",
}  # fmt: skip


_WITHIN_RUNS = "r t rPr b i u sz color rFont family charset scheme vertAlign strike rPh span"
"""Tags between the pieces of one text where there are no paragraphs, as in the comments of a sheet."""
_ONLY_OPENING = (b"-", b" ", _CELL.encode())


class _Breaks(dict[bytes, bytes]):
    """What stands in the text for a tag, by its name as it is written, prefix and all."""

    def __init__(self, otherwise: bytes) -> None:
        super().__init__()
        self._otherwise = otherwise
        self._local = dict.fromkeys(_WITHIN_RUNS.encode().split(), b"")
        self._local |= {name.encode(): mark.encode() for mark, names in _BREAKS.items() for name in names.split()}

    def __missing__(self, tag: bytes) -> bytes:
        closing = tag.startswith(b"/")
        mark = self._local.get(tag.lstrip(b"/").rpartition(b":")[2], self._otherwise)
        if closing and mark in _ONLY_OPENING:
            mark = b""
        if len(self) < 10_000:
            self[tag] = mark
        return mark


_IN_PARAGRAPHS = _Breaks(b"")
_ELSEWHERE = _Breaks(b"\n")


def texts(part: bytes) -> Iterator[str]:
    """Yield the texts of an XML part: as it stands, as it stood before tracked changes, what is aside, attributes.

    Aside are text boxes, notes and field codes: where they are anchored they would tear the text apart.
    """
    xml = _without_comments(_utf8(part))
    if b"sym " in xml:
        xml = _SYMBOL.sub(_character, xml)
    if _any_of(_PLACES, xml):
        xml = _PLACE.sub(b"", xml)
    for view in dict.fromkeys(_views(xml)):
        text = _joined(view)
        if not text.isspace():
            yield text
    said = attributes.values(xml)
    if said:
        yield said


def _character(match: "re.Match[bytes]") -> bytes:
    return b"&#x" + (match[1] or match[2]) + b";"


def _utf8(part: bytes) -> bytes:
    """Return `part` in UTF-8, whatever its first octets and its declaration say it is in."""
    if part.startswith((b"\xff\xfe", b"\xfe\xff")):
        return transfer.decode(part, "").encode("utf-8", "replace")
    if part[:4] in (b"<\0?\0", b"\0<\0?"):
        return part.decode("utf-16-le" if part[0] else "utf-16-be", "replace").encode("utf-8", "replace")
    declared = _ENCODING.search(part[:300])
    if declared is None or declared[1].lower() in (b"utf-8", b"us-ascii"):
        return part
    return transfer.decode(part, declared[1].decode()).encode("utf-8", "replace")


def _without_comments(xml: bytes) -> bytes:
    """Return `xml` with its comments cut out and its CDATA sections as ordinary text; comments are kept at the end."""
    if b"<![CDATA[" in xml:
        first, *rest = xml.split(b"<![CDATA[")
        pieces = [first]
        for piece in rest:
            inside, _, after = piece.partition(b"]]>")
            pieces += [inside.replace(b"&", b"&amp;").replace(b"<", b"&lt;"), after]
        xml = b"".join(pieces)
    if b"<!--" in xml:
        first, *rest = xml.split(b"<!--")
        halves = [piece.partition(b"-->") for piece in rest]
        xml = first + b"".join(after for _, _, after in halves)
        xml += b"".join(b"<p>" + inside + b"</p>" for inside, _, _ in halves)
    return xml


def _views(xml: bytes) -> Iterator[bytes]:
    main, *aside = _lifted(xml, _LIFTED_TAG) if _any_of(_LIFTED, xml) else [xml]
    if not _any_of(_TRACKED, xml):
        yield from (main, *aside)
        return
    yield b"".join(_outside(main, _DELETED_TAG))
    yield b"".join(_outside(main, _INSERTED_TAG))
    for piece in aside:
        yield b"".join(_outside(piece, _DELETED_TAG))


def _any_of(names: tuple[bytes, ...], xml: bytes) -> bool:
    """Tell whether one of these could be in `xml`: a plain search is far faster than any pattern."""
    return any(name in xml for name in names)


def _outside(xml: bytes, tag: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield what stands outside of the elements whose tags match."""
    at = depth = 0
    for match in tag.finditer(xml):
        if match[0].endswith(b"/>"):
            continue
        if not match[1]:
            if not depth:
                yield xml[at : match.start()]
            depth += 1
        elif depth:
            depth -= 1
            at = match.end()
    yield xml[at:] if not depth else b""


def _lifted(xml: bytes, tag: re.Pattern[bytes]) -> list[bytes]:
    """Return `xml` without the elements whose tags match, then the content of each, taken apart likewise."""
    open_pieces: list[list[bytes]] = [[]]
    done: list[bytes] = []
    at = 0
    for match in tag.finditer(xml):
        if match[0].endswith(b"/>"):
            continue
        open_pieces[-1].append(xml[at : match.start()])
        at = match.end()
        if not match[1]:
            open_pieces.append([])
        elif len(open_pieces) > 1:
            done.append(b"".join(open_pieces.pop()))
    open_pieces[-1].append(xml[at:])
    whole = [b"".join(pieces) for pieces in open_pieces]
    return [whole[0], b"<p/>".join([*done, *whole[1:]])]


def _joined(xml: bytes) -> str:
    breaks = _IN_PARAGRAPHS if _PARAGRAPH.search(xml) else _ELSEWHERE
    pieces = [xml.partition(b"<")[0]]
    add = pieces.append
    for tag, text in _TOKEN.findall(xml):
        mark = breaks[tag]
        if mark:
            add(mark)
        # Line ends between tags are the layout of the XML, not of the document.
        if text and not (text.isspace() and b"\n" in text):
            add(text)
    plain = b"".join(pieces).decode("utf-8", "replace")
    if _CELL in plain or _ROW in plain:
        plain = _CELL_BREAK.sub("\t", _ROW_BREAK.sub(_ROW, plain)).replace(_ROW, "\n")
    plain = _EMPTY_LINES.sub("\n", plain)
    return html.unescape(plain) if "&" in plain else plain
