"""What inbox and notice need of a message: read once at delivery, with limits, never in a way that fails."""

from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr

from sealgate_delivery.seals import AttachmentFact, Summary

MAX_VALUE = 4000
"""Characters of a header value that are looked at; what is longer is cut."""
MAX_ATTACHMENTS = 200
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, MessageError)
"""What the standard library's parser raises on hostile values; none of it is a reason to keep a message waiting."""


def summarise(raw: bytes) -> Summary:
    """Return the summary of the message `raw`. What cannot be read is empty: the message itself is stored whole.

    compat32, because the newer parser is quadratic on long headers and raises on malformed ones.
    """
    try:
        message = BytesParser(policy=compat32).parsebytes(raw)
        return Summary(
            subject=_text(message, "Subject"), sender_name=_name(message), header_from=_text(message, "From"),
            date=_text(message, "Date"), attachments=_attachments(message),
        )
    except (RecursionError, *_UNREADABLE):
        return Summary()


def _text(message: Message, name: str) -> str:
    value = str(message.get(name, ""))[:MAX_VALUE]
    try:
        text = str(make_header(decode_header(value)))
    except _UNREADABLE:
        text = value
    octets = text.encode("utf-8", "surrogateescape")
    return " ".join(octets.decode("utf-8", "replace").split())


def _name(message: Message) -> str:
    value = str(message.get("From", ""))[:MAX_VALUE]
    if value.count("(") > 20:
        return ""
    name = parseaddr(value)[0]
    try:
        text = str(make_header(decode_header(name)))
    except _UNREADABLE:
        return ""
    return " ".join(text.encode("utf-8", "replace").decode().split())


def _attachments(message: Message) -> list[AttachmentFact]:
    found: list[AttachmentFact] = []
    for part in message.walk():
        name = _file_name(part)
        if name and not part.is_multipart() and len(found) < MAX_ATTACHMENTS:
            size = len(part.get_payload(decode=True) or b"")
            clean = str(name).encode("utf-8", "replace").decode()[:255]
            found.append(AttachmentFact(clean, part.get_content_type()[:100], size))
    return found


def _file_name(part: Message) -> str | None:
    """Return the file name of a part. A field too long is not read: the parser is quadratic in its parameters."""
    if any(len(str(part.get(name, ""))) > MAX_VALUE for name in ("Content-Disposition", "Content-Type")):
        return None
    try:
        return part.get_filename()
    except _UNREADABLE:
        return None
