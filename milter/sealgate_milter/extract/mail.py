"""A message kept as a file, or a whole folder of them in one (mbox): header sections, texts and attachments."""

import re
from collections.abc import Iterator

from sealgate_milter import mime, plain, transfer
from sealgate_milter.extract.found import Budget, File, Found, Passage, Unread
from sealgate_milter.mime import Part
from sealgate_milter.reading import name_of

_FROM = re.compile(rb"^From [^\n]*\n", re.MULTILINE)
_SUBJECT = b"subject"


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield what the message or messages in `body` say, and the files in them."""
    for message in _FROM.split(body) if body.startswith(b"From ") else [body]:
        if message:
            budget.member()
            yield from _message(message.lstrip(b"\r\n"), budget)


def _message(message: bytes, budget: Budget) -> Iterator[Found]:
    header, content = mime.split_header(message)
    yield _header(header)
    tree = mime.walk(header, content)
    for refused in tree.unreadable:
        yield Unread(refused.reason, refused.part)
    parts = tree.parts
    if tree.odd:
        known = {part.body for part in parts}
        others = mime.walk(header, content, lenient=True).parts
        parts = parts + [part for part in others if part.body not in known]
    for part in parts:
        if part.type == "message/rfc822":
            yield _header(part.header)
        else:
            yield from _leaf(part, budget)


def _header(header: mime.Header) -> Passage:
    wanted = (_SUBJECT, *plain.READ_FIELDS)
    return Passage("header", "\n".join(transfer.words(value[: mime.MAX_HEADER]) for name, value in header
                                       if name.lower() in wanted))  # fmt: skip


def _leaf(part: Part, budget: Budget) -> Iterator[File]:
    charset = part.parameters.get("charset", "").replace('"', "")
    for body in dict.fromkeys([*part.bodies, transfer.bare(part.bodies[0]) or part.bodies[0]]):
        budget.enclose(len(body))
        yield File(name_of(part) or part.number, body, f'{part.type}; charset="{charset}"' if charset else part.type)
