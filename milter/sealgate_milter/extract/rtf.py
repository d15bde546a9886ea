"""RTF: body, headers, notes, comments, hidden and deleted text, fields' targets, properties, embedded objects.

Groups in braces nest; within them control words, characters by number, and text (Rich Text Format 1.9.1). What a
group of its own says is kept apart, so that a bookmark in the middle of a number does not cut it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from sealgate_milter.extract import packager, rtf_words, strings
from sealgate_milter.extract.found import Budget, Exceeded, Found, Unread

MAX_GROUPS = 2_000
"""Groups within groups; honest documents have a few dozen."""
_TOKEN = re.compile(
    rb"\\(?:([a-zA-Z]{1,40})(-?[0-9]{1,9})? ?|'([0-9a-fA-F]{2})|(\r\n|.))|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.DOTALL
)
_NOT_HEX = re.compile(rb"[^0-9a-fA-F]+")
_NUMBERS = re.compile(r"[-0-9;(), ]+")
"""Most properties of shapes are measures."""


class Use(Enum):
    """What the text of a group is for."""

    BODY = "read in order"
    ASIDE = "read apart"
    OBJECT = "an embedded object in hexadecimal digits"
    FONTS = "the table of fonts"
    NOTHING = "not for readers: pictures, colours, styles"


@dataclass(frozen=True)
class Group:
    """What holds within a group: use, charset, and how many characters stand in for one by number."""

    use: Use
    charset: str
    substitutes: int
    out: list[str]


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield what an RTF document says, and the files in it."""
    reader = _Reader()
    reader.read(body)
    yield _joined(reader.body)
    yield "\n".join(text for aside in reader.asides if (text := _joined(aside).strip()))
    yield "\n".join(_properties(reader.values))
    for digits in reader.objects:
        raw = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
        budget.enclose(len(raw))
        yield packager.version_1(raw)
    if reader.groups:
        yield Unread("corrupt")


def _joined(pieces: list[str]) -> str:
    """Return the text of `pieces`; characters beyond 16 bits come as two halves."""
    return "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _properties(values: list[tuple[str, list[str]]]) -> Iterator[str]:
    """Yield the properties of shapes that are text: by their names, or because they are more than numbers."""
    name = ""
    for word, pieces in values:
        text = _joined(pieces)
        if word == "sn":
            name = text.strip()
        elif _NUMBERS.sub("", text) or (name in rtf_words.WORDED and text):
            yield text


class _Reader:
    def __init__(self) -> None:
        self.body: list[str] = []
        self.asides: list[list[str]] = []
        self.values: list[tuple[str, list[str]]] = []
        self.objects: list[bytes] = []
        self.groups: list[Group] = []
        self._object: list[bytes] = []
        self._group = Group(Use.BODY, "cp1252", 1, self.body)
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._run = bytearray()
        self._skip = 0
        self._starred = False

    def read(self, body: bytes) -> None:
        """Take in a whole document."""
        at = 0
        while match := _TOKEN.match(body, at):
            at = match.end()
            word, number, octet, symbol, brace, text = match.groups()
            if text is not None:
                self._text(text)
            elif word is not None:
                if word == b"bin":
                    # Raw octets follow, braces among them.
                    at += max(0, int(number or 0))
                else:
                    self._word(word.decode("ascii"), int(number) if number else None)
            elif octet is not None:
                self._text(bytes([int(octet, 16)]))
            elif brace is not None:
                self._brace(brace == b"{")
            elif symbol is not None:
                self._symbol(symbol)
        self._flush()
        self._end_object()

    def _brace(self, opens: bool) -> None:
        self._flush()
        self._skip = 0
        self._starred = False
        if opens:
            if len(self.groups) >= MAX_GROUPS:
                raise Exceeded("too-deep")
            self.groups.append(self._group)
        elif self.groups:
            if self._group.use is Use.OBJECT:
                self._end_object()
            self._group = self.groups.pop()

    def _text(self, text: bytes) -> None:
        use = self._group.use
        if use is Use.NOTHING or use is Use.FONTS:
            return
        if use is Use.OBJECT:
            self._object.append(_NOT_HEX.sub(b"", text))
            return
        if self._skip:
            dropped = min(self._skip, len(text))
            self._skip -= dropped
            text = text[dropped:]
        self._run += text

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._starred = True
        elif symbol in b"\\{}":
            self._text(symbol)
        else:
            self._say(rtf_words.SYMBOLS.get(symbol, ""))

    def _word(self, word: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        said = rtf_words.CHARACTERS.get(word)
        if said is not None:
            self._say(said)
        elif word == "u" and number is not None:
            self._say(chr(number & 0xFFFF))
            self._skip = self._group.substitutes
        elif word in rtf_words.NOTHING:
            self._begin(Use.NOTHING)
        elif word == "objdata":
            self._begin(Use.OBJECT)
        elif word == "fonttbl":
            self._begin(Use.FONTS)
        elif (starred or word in rtf_words.ASIDE) and self._group.use in (Use.BODY, Use.ASIDE):
            self._aside(word)
        else:
            self._setting(word, number or 0)

    def _setting(self, word: str, number: int) -> None:
        if word == "uc":
            self._group = replace(self._group, substitutes=max(0, min(number, 10)))
        elif word == "ansicpg":
            self._charset(strings.code_page(number))
        elif word == "f":
            self._font = number
            if self._group.use is not Use.FONTS and number in self._fonts:
                self._charset(self._fonts[number])
        elif word == "fcharset" and self._group.use is Use.FONTS and number in rtf_words.CHARSETS:
            self._fonts[self._font] = strings.code_page(rtf_words.CHARSETS[number])

    def _charset(self, charset: str) -> None:
        if charset != self._group.charset:
            self._flush()
            self._group = replace(self._group, charset=charset)

    def _begin(self, use: Use) -> None:
        if self._group.use is not Use.NOTHING:
            self._flush()
            self._group = replace(self._group, use=use)

    def _aside(self, word: str) -> None:
        """Keep what the group says apart from what is around it."""
        self._flush()
        aside: list[str] = []
        if word in rtf_words.VALUES:
            self.values.append((word, aside))
        else:
            self.asides.append(aside)
        self._group = replace(self._group, use=Use.ASIDE, out=aside)

    def _say(self, text: str) -> None:
        if text and self._group.use in (Use.BODY, Use.ASIDE):
            self._flush()
            self._group.out.append(text)

    def _flush(self) -> None:
        if self._run:
            self._group.out.append(self._run.decode(self._group.charset, "replace"))
            self._run.clear()

    def _end_object(self) -> None:
        if self._object:
            self.objects.append(b"".join(self._object))
            self._object.clear()
