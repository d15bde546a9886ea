"""What inbox and notice need of a message: read once at delivery, with limits, never in a way that fails."""

from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr

from sealgate_core import fields
from sealgate_core.tag import Field
from sealgate_delivery.seals import AttachmentFact, Summary

MAX_VALUE = 4000
"""Octets of a header value that are looked at; what is longer is cut."""
MAX_ATTACHMENTS = 200


def summarise(raw: bytes) -> Summary:
    """Return the summary of the message `raw`. What cannot be read is empty: the message itself is stored whole."""
    header, _ = fields.split(raw)
    sender = _value(header, b"from")
    return Summary(
        subject=_decoded(_value(header, b"subject")), sender_name=_name(sender), header_from=_decoded(sender),
        date=_decoded(_value(header, b"date")), attachments=_attachments(raw),
    )


def _value(header: list[Field], name: bytes) -> str:
    """Return the first field of that name as text: UTF-8 as it stands (RFC 6532), any other octet as a mark."""
    octets = next((value for key, value in header if key.lower() == name), b"")[:MAX_VALUE]
    return " ".join(octets.decode("utf-8", "replace").split())


def _decoded(value: str) -> str:
    """Return `value` with its encoded words (RFC 2047) read."""
    if "=?" not in value:
        return value
    try:
        return " ".join(str(make_header(decode_header(value))).split())
    except (LookupError, ValueError, HeaderParseError):
        return value


def _name(value: str) -> str:
    """Return the display name in a From value."""
    if value.count("(") > 20:
        # Comments may nest without limit, and the standard library follows them by recursion.
        return ""
    return _decoded(parseaddr(value)[0])


def _attachments(raw: bytes) -> list[AttachmentFact]:
    """Return the parts that have a file name.

    compat32, because the newer parser is quadratic on long headers; both recurse where parts nest.
    """
    found: list[AttachmentFact] = []
    try:
        message: Message = BytesParser(policy=compat32).parsebytes(raw)
        for part in message.walk():
            name = part.get_filename()
            if name and not part.is_multipart() and len(found) < MAX_ATTACHMENTS:
                size = len(part.get_payload(decode=True) or b"")
                clean = _decoded(str(name)).encode("utf-8", "replace").decode()[:255]
                found.append(AttachmentFact(clean, part.get_content_type()[:100], size))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        return found
    return found
