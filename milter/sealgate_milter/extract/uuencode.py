"""Files within a text: uuencoded, in base64 between marks, in yEnc, or pasted as bare base64.

`blocks` finds them; what only looks like one and decodes to nothing is left alone.
"""

import binascii
import re
from collections.abc import Iterator

from sealgate_milter import transfer
from sealgate_milter.extract.found import Budget, File, Found, Unread

_BEGIN = re.compile(rb"^begin(-base64)? [0-7]{3,4} +([^\r\n]{0,255})\r?\n|^=ybegin ([^\r\n]{0,400})\r?\n", re.MULTILINE)
_LINE = re.compile(rb"([^\r\n]*)\r?\n?")
_MARKED_END = re.compile(rb"^====", re.MULTILINE)
_YENC_END = re.compile(rb"^=yend", re.MULTILINE)
_YENC_LINES = re.compile(rb"^=y(?:part|begin)[^\n]*\n|[\r\n]+", re.MULTILINE)
_YENC_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_YENC = bytes((octet - 42) & 255 for octet in range(256))
_UNESCAPED = [bytes([(octet - 64) & 255]) for octet in range(256)]
PASTED = re.compile(
    rb"^(?:> ?)*((?:JVBERi|UEsDB|0M8R4KGx|H4sI|N3q8r|UmFyIR|e1xyd|QlpoO|eJ8\+Ig|/Td6WFo)"
    rb"(?>(?:[A-Za-z0-9+/]+={0,2}[ \t]*(?:\r?\n|\Z)(?:> ?)*)+))", re.MULTILINE
)  # fmt: skip
"""The base64 of a PDF, ZIP, old office document, gzip, 7z, RAR, RTF, bzip2, TNEF or xz file, perhaps quoted."""
_SHORTEST = 60


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the files that stand encoded in a text, and what of them is broken."""
    for found in blocks(body):
        if isinstance(found, File):
            budget.enclose(len(found.body))
        yield found


def blocks(body: bytes) -> Iterator[File | Unread]:
    """Yield the files in the text `body`; one without an end is given as far as it goes, and noted as corrupt."""
    at = 0
    while match := _BEGIN.search(body, at):
        at = match.end()
        if match[3] is not None:
            name = match[3].rpartition(b"name=")[2]
            content, at, whole = _yenc(body, at)
        else:
            name = match[2]
            content, at, whole = _base64(body, at) if match[1] else _uu(body, at)
        if content:
            yield File(name.decode("utf-8", "replace").strip(), content)
            if not whole:
                yield Unread("corrupt", name.decode("utf-8", "replace").strip())
    for match in PASTED.finditer(body):
        if len(match[1]) >= _SHORTEST:
            yield File("", transfer.base64(match[1].replace(b">", b"")))


def _uu(body: bytes, at: int) -> tuple[bytes, int, bool]:
    out = bytearray()
    while at < len(body):
        match = _LINE.match(body, at)
        assert match is not None
        line = match[1]
        if line.rstrip() == b"end":
            return bytes(out), match.end(), True
        if line:
            count = (line[0] - 32) & 63
            needed = (count + 2) // 3 * 4
            # Trailing blanks get lost on the way; a sum may follow the line.
            if not 32 <= line[0] <= 96 or not needed - 4 <= len(line) - 1 <= needed + 2:
                break
            try:
                out += binascii.a2b_uu(line[: 1 + needed].ljust(1 + needed))
            except binascii.Error:
                break
        at = match.end()
    return bytes(out), at, False


def _base64(body: bytes, at: int) -> tuple[bytes, int, bool]:
    end = _MARKED_END.search(body, at)
    return transfer.base64(body[at : end.start() if end else len(body)]), end.end() if end else len(body), bool(end)


def _yenc(body: bytes, at: int) -> tuple[bytes, int, bool]:
    """Undo yEnc (yenc-draft 1.3): 42 is added to each octet, and critical ones stand behind a `=`, 64 higher."""
    end = _YENC_END.search(body, at)
    packed = _YENC_LINES.sub(b"", body[at : end.start() if end else len(body)])
    plain = _YENC_ESCAPE.sub(lambda match: _UNESCAPED[match[1][0]], packed).translate(_YENC)
    return plain, end.end() if end else len(body), bool(end)
