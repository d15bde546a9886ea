"""Files within the lines of a text: `data:` addresses (RFC 2397), and documents as base64 in JSON, XML or a script.

Pictures stay what they are in any other message: nothing that is read. Base64 that fills lines of its own is left to
`uuencode`.
"""

import re
import zlib
from collections.abc import Iterator

from sealgate_milter import plain, transfer
from sealgate_milter.extract import formats, uuencode
from sealgate_milter.extract.found import Budget, File, Found
from sealgate_milter.kinds import Kind, kind_of
from sealgate_milter.mime import parse_parameters

_ADDRESS = re.compile(
    rb"(?i)(?:(?<=([\"'])))?(?<![\w.-])data(?::|&#0{0,9}58;?|&#x0{0,9}3a;?|&colon;)\s{0,9}"
    rb"((?:[\w.+-]{1,60}/[\w.+-]{1,90})?(?:\s{0,9};[^,;\"'<>]{0,200}){0,9}),"
)
_ENDS = {b'"': re.compile(rb'[^"]*'), b"'": re.compile(rb"[^']*"), None: re.compile(rb"[^\s\"'<>)\\]*")}
_REFERENCE = re.compile(rb"&(?:amp|#0{0,9}38);?")
_JOINT = rb"(?:\s|\\[nrt]|\\(?=/)|[\"']\s{0,99}[+,]\s{0,99}[\"'])"
"""What may part the pieces of one run: white space, its escapes, the end of one string and the start of the next."""
_RUN = re.compile(
    rb"(?:(?<![A-Za-z0-9+/])|(?<=\\[nrt]))(?:" + b"|".join(map(re.escape, formats.PASTED)) + rb")[A-Za-z0-9+/_-]+"
    rb"(?:" + _JOINT + rb"{1,9}[A-Za-z0-9+/_-]{20,})*"
    rb"(?:" + _JOINT + rb"{1,9}[A-Za-z0-9+/_-]{1,19}(?=[=\"'<\\]))?"
)
_JOINTS = re.compile(_JOINT)
_STANDARD = bytes.maketrans(b"-_", b"+/")
_SHORTEST = 60
_GZIP = b"\x1f\x8b"


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the files and texts that stand within the lines of `body`; pictures, sound and what is broken are none."""
    elsewhere = {match.start(1) for match in uuencode.PASTED.finditer(body)}
    for match in _ADDRESS.finditer(body):
        elsewhere.add(match.end())
        end = _ENDS[match[1]].match(body, match.end())
        if end is not None:
            yield from _address(match[2], end[0], budget)
    for match in _RUN.finditer(body):
        if match.start() not in elsewhere and len(match[0]) >= _SHORTEST:
            content = _run(match[0])
            if content is not None:
                yield from _file(content, "", budget)


def _address(said: bytes, content: bytes, budget: Budget) -> Iterator[Found]:
    """Yield what a `data:` address holds; archives are found by their first octets, whatever it says of itself."""
    content = transfer.percent(_REFERENCE.sub(b"&", content))
    if re.search(rb";\s*base64\s*\Z", said, re.IGNORECASE):
        content = transfer.base64(content.translate(_STANDARD))
    kind = transfer.octets(said.lower()).replace("image/svg+xml", "text/html")
    yield from _file(content, kind or "text/plain", budget)


def _run(run: bytes) -> bytes | None:
    """Return the document that `run` stands for, what a gzip file holds instead of it; `None` when it is none."""
    content = transfer.base64(_JOINTS.sub(b"", run).translate(_STANDARD))
    if not content.startswith(_GZIP):
        return content if formats.binary(content) else None
    # Links carry their parameters like this, cut short more often than not: what there is of them is read.
    try:
        return zlib.decompressobj(31).decompress(content, 10_000_000)
    except zlib.error:
        return None


def _file(content: bytes, kind: str, budget: Budget) -> Iterator[Found]:
    """Yield a text as that, unless something stands encoded in it, too; a document as a file; no pictures."""
    if not content:
        return
    said, parameters = parse_parameters(kind.encode("latin-1", "replace"))
    what = kind_of(said, "", content)
    if what is Kind.MEDIA:
        return
    budget.enclose(len(content))
    if what is Kind.DOCUMENT or formats.textual(content):
        yield File("", content, kind)
    else:
        yield from plain.readings(what, parameters.get("charset", ""), content)
