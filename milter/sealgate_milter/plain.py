"""The texts of a part that is text: as each mail program may show it, and as the octets that tests look at."""

from collections.abc import Iterator

from sealgate_milter import charsets, encoded, mime, text, transfer
from sealgate_milter.kinds import Kind

MAX_TEXT = 32_000_000
"""Characters of text that are read in one message; what follows is `unreadable: too-large`."""
READ_FIELDS = frozenset(
    b"from sender reply-to to cc comments keywords thread-topic content-description organization summary resent-from "
    b"resent-sender resent-to resent-cc resent-subject resent-comments x-note x-notes x-comment x-comments x-remark "
    b"x-remarks x-memo x-message x-description x-subject x-organization x-info".split()
)
"""Header fields whose text is read besides the subject. Others carry machine's numbers that look like people's."""


_CONTROL = bytes([*range(9), 11, *range(14, 28), 127])
"""Those that show nothing; the separators of files and records (28 to 31) part what stands there."""


class Aside(str):
    """A text that nobody is shown: attributes, comments, style sheets of HTML."""


def readings(kind: Kind, charset: str, body: bytes) -> Iterator[str]:
    """Yield every text in a part of this kind, `body` without its transfer encoding."""
    given = body[: MAX_TEXT + 1]
    declared = transfer.readings(given, charset)
    for raw in dict.fromkeys([*declared, *charsets.others(given, charset, page=kind is Kind.HTML)]):
        if kind is Kind.HTML:
            shown, aside = text.from_html(raw)
            yield shown
            yield Aside(aside)
        else:
            yield raw
    if kind is Kind.HEADER:
        for name, value in mime.split_header(body)[0]:
            if name.lower() == b"subject" or name.lower() in READ_FIELDS:
                yield transfer.words(value)


def octets(raw: str) -> Iterator[bytes]:
    """Yield `raw` normalised, as UTF-8, and once more with what is written in code undone where there is any.

    Where there are runs that are shown from right to left against their nature, the text is read in that order, too.
    """
    if not raw or raw.isspace():
        return
    normal = text.normalise(raw)
    said = normal.encode("utf-8", "replace")
    # What is shown as nothing may stand between digits.
    whole = said.translate(None, _CONTROL)
    yield whole
    shown = encoded.revealed(normal if len(whole) == len(said) else whole.decode())
    if shown is not None:
        yield text.normalise(shown).encode("utf-8", "replace").translate(None, _CONTROL)
    if text.RTL in raw:
        yield from octets(text.turned(raw))
