"""Outlook messages: all texts, the bodies in HTML and RTF, recipients, attachments, and messages attached in turn.

Each property is a stream named after its number and type, each recipient and attachment a storage ([MS-OXMSG] 2).
"""

import re
import struct
from collections import defaultdict
from collections.abc import Iterator

from sealgate_milter.extract import mapi, strings
from sealgate_milter.extract.compound import Compound, Entry
from sealgate_milter.extract.found import Budget, File, Found

_NAME = re.compile(r"__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})(-[0-9A-F]{8})?", re.IGNORECASE)
_FIXED = "__properties_version1.0"
_ATTACHMENT, _NAMES = "__attach", "__nameid"
_SEVERAL = 0x1000


def messages(container: Compound, budget: Budget) -> Iterator[Found]:
    """Yield what the properties in `container` say, storage by storage: the message, recipients, attachments."""
    storages: dict[str, list[Entry]] = defaultdict(list)
    for entry in container.streams():
        storages[entry.folder].append(entry)
    for folder, entries in storages.items():
        # How the fields that a company adds are called, and tables that lead to the names.
        if folder.rpartition("/")[2].lower().startswith(_NAMES):
            yield from (text for entry in entries for text in strings.wide_runs(container.read(entry)))
        else:
            yield from _storage(container, folder, entries, budget)


def _storage(container: Compound, folder: str, entries: list[Entry], budget: Budget) -> Iterator[Found]:
    properties: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    for entry in entries:
        match = _NAME.fullmatch(entry.name)
        # Of a property of several values there is a stream for each, and one of their lengths.
        if match is not None and (match[3] or not int(match[2], 16) & _SEVERAL):
            properties[int(match[1], 16), int(match[2], 16) & ~_SEVERAL].append(entry)
    charset = mapi.charset_of(_code_page(container, entries))
    attached = folder.rpartition("/")[2].lower().startswith(_ATTACHMENT)
    lines: list[str] = []
    name = kind = ""
    for (number, type_), streams in properties.items():
        if number == mapi.ATTACHED:
            continue
        for entry in streams:
            for one in mapi.found(number, type_, container.read(entry), charset, budget):
                if not isinstance(one, str):
                    yield one
                    continue
                lines.append(one)
                name = one if number == mapi.LONG_NAME or (number == mapi.FILE_NAME and not name) else name
                kind = one if number == mapi.MEDIA_TYPE else kind
    yield "\n".join(lines)
    for entry in properties.get((mapi.ATTACHED, mapi.BINARY), []) if attached else []:
        body = container.read(entry)
        budget.enclose(len(body))
        yield File(name, body, kind)


def _code_page(container: Compound, entries: list[Entry]) -> int:
    """Return the code page that the properties of fixed size name, 0 when they do not."""
    raw = next((container.read(entry) for entry in entries if entry.name.lower() == _FIXED), b"")
    # The head is 8, 24 or 32 octets long, always a multiple of 8; the entries behind it are 16 each.
    found: dict[int, int] = {}
    for at in range(8, len(raw) - 15, 8):
        type_, number, value = struct.unpack_from("<HH4xI", raw, at)
        if type_ == 3 and number in (mapi.CODE_PAGE, mapi.INTERNET_CODE_PAGE):
            found.setdefault(number, value)
    return found.get(mapi.CODE_PAGE) or found.get(mapi.INTERNET_CODE_PAGE) or 0
