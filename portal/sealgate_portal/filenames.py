"""Names of attachments: one safe component, said to the browser as RFC 6266 wants it."""

import re
import unicodedata
from urllib.parse import quote

_TYPES = {
    "application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp",
    "text/plain": ".txt", "text/csv": ".csv", "text/calendar": ".ics", "application/zip": ".zip",
    "application/msword": ".doc", "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt", "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "message/rfc822": ".eml",
}
"""Types that are named to the browser; phones choose the program by them. Everything else is octets."""
OCTETS = "application/octet-stream"
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)
_RISKY = re.compile(
    r"\.(?:exe|com|scr|pif|bat|cmd|ps1|vbs?|js[e]?|wsf|hta|msi|lnk|jar|app|dmg|apk|iso|img|reg|chm|svg|x?html?|mht(?:ml)?"
    r"|docm|xlsm|pptm)\Z", re.IGNORECASE)
LONGEST = 120


def download_type(media_type: str) -> str:
    """Return the type that a download is served as."""
    return media_type if media_type in _TYPES else OCTETS


def safe_name(name: str, media_type: str = "", number: int = 0) -> str:
    """Return `name` as one component that shows what it is: no path, no control or direction characters."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    name = re.split(r"[/:]", name.rstrip("/"))[-1]
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    name = re.sub(r'[<>"|?*]', "_", " ".join(name.split())).strip(". ")
    if _RESERVED.match(name):
        name = "_" + name
    if not name:
        return f"attachment-{number}{_TYPES.get(media_type, '')}"
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST:
        name = f"{stem[:LONGEST - 20]}{dot}{ending[:16]}" if stem else name[:LONGEST]
    return name


def is_risky(name: str) -> bool:
    """Tell whether a file of this name can run as a program or a page on the reader's device."""
    return bool(_RISKY.search(name))


def disposition(name: str) -> str:
    """Return the value of Content-Disposition that saves a download as `name` (RFC 6266, both forms)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'[^A-Za-z0-9 ._()+=,@-]', "_", plain).strip(". ") or "attachment"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
