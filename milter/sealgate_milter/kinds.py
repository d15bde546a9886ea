"""What a part is: text, HTML, a header section, a picture, a document, or sealed for its reader."""

import re
from enum import Enum

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
_MEDIA_TYPES = re.compile(
    r"(?:image|audio|video|font)/|application/(?:(?:x-)?pkcs7-signature|pgp-signature|pgp-keys)\Z"
)
_MEDIA_NAMES = re.compile(
    r"\.(?:png|jpe?g|jpe|gif|bmp|tiff?|webp|heic|heif|avif|ico|jp2|psd|emf|wmf|emz|wmz|mp[34]|m4[av]|mov|avi|mkv|webm|"
    r"wav|ogg|oga|ogv|opus|flac|aac|wma|wmv|amr|mid|midi|ttf|otf|woff2?|ttc|odttf|fntdata|p7s|cur)\Z"
)
_MEDIA_STARTS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"RIFF", b"OggS", b"fLaC", b"ID3",
                 b"\0\0\1\0", b"wOFF", b"wOF2", b"OTTO", b"\0\1\0\0\0", b"8BPS", b"\x1aE\xdf\xa3", b"MThd",
                 b"\xd7\xcd\xc6\x9a")  # fmt: skip
_DOCUMENT_NAMES = re.compile(
    r"\.(?:docx?|docm|dotx?|xlsx?|xlsm|xlsb|pptx?|pptm|od[tspg]|pdf|rtf|zip|7z|rar|gz|tgz|bz2|xz|tar|zst|msg|pages|"
    r"numbers|key|mdb|accdb|pst|ost|vsdx?|one|epub|dat)\Z"
)
_SEALED_TYPES = re.compile(r"application/(?:x-)?(?:pkcs7-mime|pgp-encrypted)\Z")
_ARMOUR = b"-----BEGIN PGP MESSAGE-----"


def kind_of(kind: str, name: str, body: bytes) -> Kind:
    """Return how to read a part of type `kind`, named `name`.

    The octets decide before the type, and the type before the name. Pictures, sound and signatures are judged by name
    and type only, unless an archive hangs on them.
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
    if not body or (_looks_like_text(body[:4096]) and not body.startswith(_MEDIA_STARTS)):
        return Kind.TEXT
    if (_MEDIA_TYPES.match(kind) and not _DOCUMENT_NAMES.search(name)) or _is_media(name, body):
        return Kind.MEDIA
    return Kind.DOCUMENT


def _is_media(name: str, body: bytes) -> bool:
    if body.startswith(_MEDIA_STARTS) or body[4:8] in (b"ftyp", b"moov"):
        return True
    return bool(_MEDIA_NAMES.search(name))


def _looks_like_text(start: bytes) -> bool:
    """Tell whether these octets could be a text: no control characters but white space, or a byte order mark."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    return not start.translate(None, bytes(range(32, 256)) + b"\t\r\n\f\x1b")
