"""Charsets that a text may be in besides the one its header names: what its page says of itself, what it looks like."""

import re
import string
from collections.abc import Iterator

from sealgate_milter import transfer

_META = re.compile(
    rb"(?i)<(?:meta\b[^>]{0,300}?charset|\?xml\b[^>]{0,100}?encoding)\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})"
)
_HEAD = 4096
"""Octets at the start of a page in which browsers look for its charset, and some more."""
_ESCAPES = re.compile(rb"\x1b(?:\$[@B(]|\([IJ])")
"""What starts the double octets, or the katakana, of ISO 2022."""
_SAY_NOTHING = frozenset({"", "us-ascii", "ascii", "unknown-8bit", "x-unknown"})
_EASTERN = ("cp932", "gb18030", "big5hkscs")
"""What undeclared text in East Asia is in; digits stand at the same places in GB 18030, EUC-JP and EUC-KR."""
_KEEPING = (
    "utf-8", "ascii", "latin", "iso8859", "cp125", "cp874", "mac", "koi8", "gb", "big5", "euc", "cp949", "cp932"
)  # fmt: skip
"""Beginnings of codecs' names in which ASCII stays what it is."""
_LETTERS = (string.ascii_letters + string.digits + " \n").encode()


def others(raw: bytes, charset: str, *, page: bool) -> Iterator[str]:
    """Yield the texts that `raw` is by what it says or looks like, where that is not the declared `charset`."""
    declared = transfer.codec(charset)
    plain = raw.isascii()
    said = _META.search(raw[:_HEAD]) if page else None
    name = transfer.codec(said[1].decode("ascii", "replace")) if said else ""
    # A page that could be read is none in UTF-16, whatever it says.
    same = name in ("", declared) or name.startswith(("utf-16", "utf-32")) or (plain and name.startswith(_KEEPING))
    if not same:
        yield raw.decode(name, "replace")
    if b"\x1b" in raw and not declared.startswith("iso2022") and _ESCAPES.search(raw):
        yield raw.decode("iso2022_jp_ext", "replace")
    if b"\0\0\0" in raw and not declared.startswith("utf-32"):
        yield raw.decode("utf-32-le", "replace")
        yield raw.decode("utf-32-be", "replace")
    if not plain and charset.strip().lower() in _SAY_NOTHING and not _is(raw, "utf-8"):
        yield from (raw.decode(eastern) for eastern in _EASTERN if _is(raw, eastern))


def legible(raw: bytes, charset: str) -> bool:
    """Tell whether a text can be read: its charset is known, or what stands there looks like text without it."""
    if transfer.codec(charset) or not raw or _is(raw, "utf-8"):
        return True
    return (len(raw) - len(raw.translate(None, _LETTERS))) * 3 > len(raw)


def _is(raw: bytes, name: str) -> bool:
    try:
        raw.decode(name)
    except UnicodeDecodeError:
        return False
    return True
