"""Calendar files and address cards: lines unfolded, quoted-printable and backslashes undone, enclosed files taken out.

iCalendar is RFC 5545, vCard RFC 6350 and, in what phones still write, vCard 2.1 with its own way of folding.
"""

import binascii
import re
from collections.abc import Iterator

from sealgate_milter import transfer
from sealgate_milter.extract.found import Budget, File, Found

_FOLD = re.compile(rb"\r?\n[ \t]")
_QUOTED = re.compile(rb"[^:]{0,500}QUOTED-PRINTABLE[^:]{0,500}:", re.IGNORECASE)
_PROPERTY = re.compile(rb'((?>[^:"]*(?:"[^"]*"[^:"]*)*)):(.*)\Z', re.DOTALL)
_BASE64 = re.compile(rb";(?:ENCODING=)?(?:BASE64|B)(?:;|\Z)", re.IGNORECASE)
_PARAMETER = re.compile(rb";\s*([A-Za-z-]+)=(\"[^\"]*\"|[^;:]*)")
_DATA = re.compile(rb"data:([^,;]{0,100})(?:;[^,;]{0,100})*?;base64,(.*)\Z", re.DOTALL | re.IGNORECASE)
_TYPES = {"PHOTO": "image/*", "LOGO": "image/*", "SOUND": "audio/*", "KEY": "application/pgp-keys"}
"""What the octets of these are, whatever else they do not look like."""
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the properties of all cards or events, one a line, and the files and HTML texts in them."""
    lines: list[str] = []
    for line in _lines(body):
        match = _PROPERTY.match(line)
        if match is None:
            lines.append(transfer.decode(line, ""))
            continue
        head, value = match[1], match[2]
        parameters = {name.upper(): given.strip(b'"') for name, given in _PARAMETER.findall(head)}
        kind = transfer.octets(parameters.get(b"FMTTYPE", b""))
        name = transfer.octets(head.partition(b";")[0])[:100]
        enclosed = _enclosed(head, value, kind)
        if enclosed is not None:
            budget.enclose(len(enclosed[1]))
            yield File(name, enclosed[1], enclosed[0] or _TYPES.get(name.upper(), ""))
            continue
        text = _text(value, head, parameters)
        lines.append(f"{transfer.decode(head, '')}: {text}")
        if kind.lower() == "text/html":
            yield File(f"{name}.html", text.encode(), "text/html; charset=utf-8")
    yield "\n".join(lines)


def _lines(body: bytes) -> Iterator[bytes]:
    held: list[bytes] = []
    for line in _FOLD.sub(b"", body).splitlines():
        held.append(line)
        # In vCard 2.1 a quoted-printable value goes on wherever its line ends in `=`.
        if line.endswith(b"=") and _QUOTED.match(held[0]):
            held[-1] = line[:-1]
            continue
        yield b"".join(held)
        held.clear()
    yield b"".join(held)


def _enclosed(head: bytes, value: bytes, kind: str) -> tuple[str, bytes] | None:
    """Return type and content of a file that is the value of a property, `None` when that is text."""
    data = _DATA.match(value.strip())
    if data is not None:
        return transfer.octets(data[1]), transfer.base64(data[2])
    if _BASE64.search(head):
        return kind, transfer.base64(value)
    return None


def _text(value: bytes, head: bytes, parameters: dict[bytes, bytes]) -> str:
    if b"QUOTED-PRINTABLE" in head.upper():
        value = binascii.a2b_qp(value)
    text = transfer.decode(value, transfer.octets(parameters.get(b"CHARSET", b"")))
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], text)
