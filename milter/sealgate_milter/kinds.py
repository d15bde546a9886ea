"""What a part is: text, HTML, a header section, a picture, a document, or sealed for its reader."""

import re
from enum import Enum

from sealgate_milter import media
from sealgate_milter.extract import formats


class Kind(Enum):
    """How a part is read."""

    TEXT = "text"
    HTML = "html"
    HEADER = "header"
    MEDIA = "media"
    DOCUMENT = "document"
    SEALED = "sealed"


_TEXT_TYPES = re.compile(
    r"text/|message/|application/(?:(?:[\w.-]+\+)?(?:json|xml|yaml)|javascript|ecmascript|csv|sql|x-sh|x-ndjson|"
    r"x-yaml|x-csv|xhtml|x-httpd-php|x-javascript|edifact|edi-x12|hl7|x-www-form-urlencoded)|image/svg\+xml"
)
_TEXT_NAMES = re.compile(
    r"\.(?:txt|text|csv|tsv|json|jsonl|xml|ya?ml|md|rst|log|ini|cfg|conf|toml|sql|ics|vcf|vcard|ldif|svg|py|js|sh|"
    r"ps1|bat|c|h|java|php|rb|pl|tex|edi|hl7|x12|eml|mht|mbox)\Z"
)
_HTML_NAMES = re.compile(r"\.x?html?\Z")
_HTML_START = re.compile(
    rb"\s*<(?:!doctype\s+html|!--|html|head|body|title|meta|style|script|div|p|span|table|h[1-6]|ul|ol|font|center|br|b|a)"
    rb"[\s/>-]",
    re.IGNORECASE,
)
_SEALED_TYPES = re.compile(r"application/(?:x-)?(?:pkcs7-mime|pgp-encrypted)\Z")
_ARMOUR = b"-----BEGIN PGP MESSAGE-----"


def kind_of(kind: str, name: str, body: bytes) -> Kind:
    """Return how to read a part of type `kind`, named `name`.

    The octets decide before the type, and the type before the name. Only octets make a picture, a sound, a signature.
    """
    name = name.lower()
    if formats.binary(body):
        # Only a message that is signed and nothing more comes out of S/MIME.
        return Kind.DOCUMENT
    if _SEALED_TYPES.match(kind):
        return Kind.SEALED
    if kind == "text/rfc822-headers":
        return Kind.HEADER
    if kind in ("text/html", "application/xhtml+xml") or _HTML_NAMES.search(name) or _HTML_START.match(body[:200]):
        return Kind.HTML
    if _TEXT_TYPES.match(kind) or _TEXT_NAMES.search(name):
        return Kind.SEALED if _ARMOUR in body[:4000] else Kind.TEXT
    if not body or _looks_like_text(body[:4096]):
        return Kind.TEXT
    return Kind.MEDIA if media.is_media(kind, name, body) else Kind.DOCUMENT


def _looks_like_text(start: bytes) -> bool:
    """Tell whether these octets could be a text: no control characters but white space, or a byte order mark."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    return not start.translate(None, bytes(range(32, 256)) + b"\t\r\n\f\x1b")
