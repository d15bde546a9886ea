"""Undo what the way of mail does to text: transfer encodings, charsets, RFC 2047 words, percent signs.

Nothing here raises on malformed input: what cannot be decoded stays as it is or becomes replacement characters,
because every mail program shows its reader something too.
"""

import binascii
import codecs
import re
from collections.abc import Sequence

import pybase64

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(rb"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")

_ALIASES = {
    "": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8", "ansi_x3.4-1968": "utf-8", "unknown-8bit": "utf-8",
    "utf8mb4": "utf-8", "iso-8859-1": "cp1252", "latin1": "cp1252", "iso-8859-9": "cp1254", "gb2312": "gb18030",
    "gbk": "gb18030", "x-gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932",
    "x-sjis": "cp932", "big5": "big5hkscs", "iso-8859-8-i": "iso-8859-8", "iso-8859-6-i": "iso-8859-6",
    "unicode-1-1-utf-7": "utf-7", "x-mac-roman": "mac-roman", "macintosh": "mac-roman", "tis-620": "cp874",
    "windows-874": "cp874", "iso-8859-11": "cp874", "x-unknown": "utf-8", "unicode": "utf-16", "ucs-2": "utf-16",
}  # fmt: skip
_NAME = re.compile(rb"[a-z0-9][a-z0-9-]*")
_ENCODINGS = {b"base64", b"quoted-printable", b"uuencode", b"7bit", b"8bit", b"binary"}
_MANY = 10
_SPELLINGS = {
    b"x-base64": b"base64", b"b64": b"base64", b"base-64": b"base64", b"qp": b"quoted-printable",
    b"x-uuencode": b"uuencode", b"x-uue": b"uuencode", b"uue": b"uuencode", b"7-bit": b"7bit", b"8-bit": b"8bit",
    b"7bits": b"7bit", b"8bits": b"8bit", b"7": b"7bit", b"8": b"8bit", b"none": b"8bit", b"plain": b"8bit",
    b"text": b"8bit", b"utf-8": b"8bit", b"us-ascii": b"7bit", b"bit": b"7bit", b"binhex": b"binary",
}  # fmt: skip
"""How transfer encodings are written besides; those without meaning leave a body as it is."""
_BARE = re.compile(rb"\s*+(?:[A-Za-z0-9+/]{16,}+\r?+\n?+[ \t]*+)++[A-Za-z0-9+/]{0,15}={0,2}\s*\Z")
_REFUSED = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
         (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip


def octets(raw: bytes) -> str:
    """Return `raw` with one character an octet."""
    return raw.decode("latin-1")


def percent(raw: bytes) -> bytes:
    """Undo percent-encoding (RFC 3986 section 2.1)."""
    return _PERCENT.sub(lambda match: bytes([int(match[1], 16)]), raw) if b"%" in raw else raw


def codec(charset: str) -> str:
    """Return Python's name for `charset`, `""` when there is none that is safe for mail."""
    name = charset.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    if name.startswith("ibm0"):
        # As ICU and IANA call the code pages of mainframes: ibm01140.
        name = "cp" + name[3:].lstrip("0")
    try:
        known = codecs.lookup(name).name
        "".encode(known)
    except (LookupError, ValueError, TypeError):
        return ""
    return "" if known.replace("-", "_") in _REFUSED else known


def decode(raw: bytes, charset: str) -> str:
    """Return the text of `raw`; a charset that is unknown or does not fit gives way to UTF-8, then to Windows-1252."""
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(name, "replace")
    name = codec(charset)
    if name and name != "utf-8":
        return raw.decode(name, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def readings(raw: bytes, charset: str) -> list[str]:
    """Return every text that a mail program may show for `raw`: as declared, and as ASCII where that could differ."""
    texts = [decode(raw, charset)]
    name = codec(charset)
    if name.startswith("utf-16") or b"\0" in raw:
        texts += [raw.decode("utf-16-le", "replace"), raw.decode("utf-16-be", "replace")]
    if name and not _keeps_ascii(name):
        texts.append(decode(raw, "utf-8"))
    return list(dict.fromkeys(texts))


def _keeps_ascii(name: str) -> bool:
    if name.startswith(("utf-7", "hz", "iso2022")):
        return False
    return "0Az-+~".encode(name, "replace") == b"0Az-+~"


def base64(raw: bytes) -> bytes:
    """Decode base64 leniently: foreign characters are passed over, padding may stand anywhere or be missing."""
    if b"=" not in raw.rstrip()[:-2]:
        try:
            return pybase64.b64decode(raw)
        except (binascii.Error, ValueError):
            pass
    out = bytearray()
    for piece in re.split(rb"=+", _NOT_BASE64.sub(b"", raw)):
        whole = piece[: len(piece) - (len(piece) % 4 == 1)]
        out += pybase64.b64decode(whole + b"=" * (-len(whole) % 4))
    return bytes(out)


def _uu(raw: bytes) -> bytes:
    out = bytearray()
    for line in raw.splitlines():
        if line.startswith((b"begin ", b"end")):
            continue
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            continue
    return bytes(out)


def encodings(values: Sequence[bytes]) -> tuple[list[bytes], bool]:
    """Return the transfer encodings that these raw field values name, and whether all of them are known.

    Programs differ in what they make of comments, commas and a field given twice: every name that is there counts.
    """
    found: dict[bytes, None] = {}
    known = len(values) <= _MANY
    for value in values[:_MANY]:
        names = [_SPELLINGS.get(name, name) for name in _NAME.findall(value[:1000].lower())]
        known = known and (not value.strip() or any(name in _ENCODINGS for name in names))
        found.update(dict.fromkeys(name for name in names if name in _ENCODINGS))
    return list(found), known


def undone(name: bytes, body: bytes) -> bytes:
    """Undo the transfer encoding `name`, one of those that `encodings` returns."""
    if name == b"base64":
        return base64(body)
    if name == b"quoted-printable":
        return binascii.a2b_qp(body)
    return _uu(body) if name == b"uuencode" else body


def decoded(encoding: bytes, body: bytes) -> bytes:
    """Undo the Content-Transfer-Encoding with this raw value; an unknown one leaves `body` as it is."""
    names = encodings([encoding])[0] if encoding else []
    return undone(names[0], body) if names else body


def bare(body: bytes) -> bytes:
    """Return what `body` stands for when it is nothing but base64, `b""` otherwise: whoever saves it undoes it."""
    return base64(body) if _BARE.match(body) else b""


def word(encoding: bytes, text: bytes) -> bytes:
    """Return the octets of one RFC 2047 word, still in its charset."""
    return base64(text) if encoding in b"bB" else binascii.a2b_qp(text, header=True)


def words(raw: bytes) -> str:
    """Return the text of an unstructured header value: unfolded, its RFC 2047 words decoded, raw octets guessed.

    Adjacent words of one charset are joined before decoding, since some programs split characters between them.
    """
    if b"=?" not in raw:
        return unfolded(decode(raw, "")).strip()
    pieces: list[str] = []
    charset, held = "", b""
    position = 0
    text = _BETWEEN_WORDS.sub(rb"\1", raw)
    for match in _WORD.finditer(text):
        given = octets(match[1]).partition("*")[0].lower()
        if match.start() > position or given != charset:
            pieces.append(decode(held, charset))
            held = b""
            pieces.append(decode(text[position : match.start()], ""))
        charset = given
        held += word(match[2], match[3])
        position = match.end()
    pieces += [decode(held, charset), decode(text[position:], "")]
    return unfolded("".join(pieces)).strip()


def unfolded(text: str) -> str:
    """Return `text` without line ends."""
    return text.replace("\r\n", "").replace("\n", "").replace("\r", "") if "\n" in text or "\r" in text else text
