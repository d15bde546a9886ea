"""What a part is: text, HTML, a header section, or binary, and whether a binary hides text from us."""

import re
from enum import Enum


class Kind(Enum):
    """How a part is read."""

    TEXT = "text"
    HTML = "html"
    HEADER = "header"
    BINARY = "binary"


_TEXT_TYPES = re.compile(
    r"text/|message/|application/(?:(?:[\w.-]+\+)?(?:json|xml|yaml)|javascript|ecmascript|csv|sql|x-sh|x-ndjson|"
    r"x-yaml|x-csv|xhtml|x-httpd-php|x-javascript|edifact|edi-x12|hl7|x-www-form-urlencoded)|image/svg\+xml"
)
_TEXT_NAMES = re.compile(
    r"\.(?:txt|text|csv|tsv|json|jsonl|xml|ya?ml|md|rst|log|ini|cfg|conf|toml|sql|ics|vcf|vcard|ldif|svg|py|js|sh|"
    r"ps1|bat|c|h|java|php|rb|pl|tex|edi|hl7|x12|rtf)\Z"
)
_HTML_NAMES = re.compile(r"\.x?html?\Z")
_HTML_START = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_MEDIA = re.compile(r"(?:image|audio|video|font)/|application/(?:(?:x-)?pkcs7-signature|pgp-signature|pgp-keys)\Z")
_ENCRYPTED = re.compile(r"application/(?:x-)?(?:pkcs7-mime|pgp-encrypted)\Z")
_ARMOUR = b"-----BEGIN PGP MESSAGE-----"
_DOCUMENTS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"%PDF", b"7z\xbc\xaf", b"Rar!", b"\x1f\x8b",
              b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd", b"\x78\x9f\x3e\x22")  # fmt: skip
_DOCUMENT_NAMES = re.compile(
    r"\.(?:docx?|docm|dotx?|xlsx?|xlsm|xlsb|pptx?|pptm|od[tspg]|pdf|rtf|zip|7z|rar|gz|tgz|bz2|xz|tar|zst|msg|pages|"
    r"numbers|key|eml|mdb|accdb|pst|ost|vsdx?|one|epub|dat)\Z"
)


def kind_of(kind: str, name: str, body: bytes) -> tuple[Kind, str]:
    """Return how to read a part of type `kind`, named `name`, and why it cannot be read (`""` when it can).

    The bytes decide before the type, and the type before the name. Pictures, sound and signatures are judged by name
    and type only; a document or an archive is `unsupported`, what is sealed for its reader `encrypted`.
    """
    name = name.lower()
    if _ENCRYPTED.match(kind):
        return Kind.BINARY, "encrypted"
    if body.startswith(_DOCUMENTS):
        return Kind.BINARY, "unsupported"
    if kind == "text/rfc822-headers":
        return Kind.HEADER, ""
    if kind in ("text/html", "application/xhtml+xml") or _HTML_NAMES.search(name) or _HTML_START.match(body[:200]):
        return Kind.HTML, ""
    if body.startswith(b"{\\rtf"):
        return Kind.TEXT, "unsupported"
    if _TEXT_TYPES.match(kind) or _TEXT_NAMES.search(name):
        return Kind.TEXT, "encrypted" if _ARMOUR in body[:4000] else ""
    if not body or _looks_like_text(body[:4096]):
        return Kind.TEXT, ""
    if _MEDIA.match(kind) and not _DOCUMENT_NAMES.search(name):
        return Kind.BINARY, ""
    return Kind.BINARY, "unsupported"


def _looks_like_text(start: bytes) -> bool:
    """Tell whether these octets could be a text: no control characters but white space, or a byte order mark."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    return not start.translate(None, bytes(range(32, 256)) + b"\t\r\n\f\x1b")
