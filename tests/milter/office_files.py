"""Old office documents, written as small as the readers of them allow: compound files and what stands in them."""

import struct

END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
SECTOR, MINI, CUTOFF = 512, 64, 4096


def compound(streams: dict[str, bytes]) -> bytes:
    """Return a compound file ([MS-CFB], version 3) with these streams; `/` parts storages."""
    tree: dict = {}
    for path, content in streams.items():
        folder = tree
        for name in path.split("/")[:-1]:
            folder = folder.setdefault(name, {})
        folder[path.split("/")[-1]] = content
    sectors: list[bytes] = []
    fat: list[int] = []
    mini = bytearray()
    mini_fat: list[int] = []

    def put(content: bytes) -> int:
        count = -(-len(content) // SECTOR)
        first = len(sectors)
        for index in range(count):
            sectors.append(content[index * SECTOR : (index + 1) * SECTOR].ljust(SECTOR, b"\0"))
            fat.append(first + index + 1 if index + 1 < count else END)
        return first if count else END

    def put_mini(content: bytes) -> int:
        count = -(-len(content) // MINI)
        first = len(mini_fat)
        mini_fat.extend([*range(first + 1, first + count), END] if count else [])
        mini.extend(content.ljust(count * MINI, b"\0"))
        return first if count else END

    entries: list[list] = []

    def entry(name: str, kind: int, start: int, size: int) -> int:
        entries.append([name, kind, FREE, FREE, FREE, start, size])
        return len(entries) - 1

    def fill(folder: dict, parent: int) -> None:
        last = None
        for name, content in folder.items():
            if isinstance(content, dict):
                number = entry(name, 1, 0, 0)
                fill(content, number)
            else:
                place = put(content) if len(content) >= CUTOFF else put_mini(content)
                number = entry(name, 2, place, len(content))
            if last is None:
                entries[parent][4] = number
            else:
                entries[last][3] = number
            last = number

    entry("Root Entry", 5, END, 0)
    fill(tree, 0)
    entries[0][5], entries[0][6] = put(bytes(mini)), len(mini)
    first_mini = put(struct.pack(f"<{len(mini_fat)}I", *mini_fat).ljust(SECTOR, b"\xff")) if mini_fat else END
    listing = b"".join(
        struct.pack("<64sHBBIII36xIQ", name.encode("utf-16-le"), 2 * len(name) + 2, kind, 1, left, right, child, start,
                    size)
        for name, kind, left, right, child, start, size in entries
    )  # fmt: skip
    directory = put(listing)
    tables = 1
    while tables * (SECTOR // 4) < len(fat) + tables:
        tables += 1
    places = list(range(len(fat), len(fat) + tables))
    fat += [FAT] * tables
    raw = struct.pack(f"<{len(fat)}I", *fat).ljust(tables * SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, tables, directory, 0, CUTOFF, first_mini, 1, END, 0)
    head += struct.pack("<109I", *places, *[FREE] * (109 - tables))
    return head + b"".join(sectors) + raw


def word(pieces: list[str], *, flags: int = 0) -> dict[str, bytes]:
    """Return the streams of a Word 97 document whose text comes in pieces, narrow ones where that can be."""
    body = bytearray(struct.pack("<H8xH", 0xA5EC, flags | 0x0200).ljust(0x400, b"\0"))
    places, descriptors = [0], b""
    for piece in pieces:
        try:
            raw = piece.encode("cp1252")
            start = len(body) * 2 | 0x40000000
        except UnicodeEncodeError:
            raw, start = piece.encode("utf-16-le"), len(body)
        body += raw
        places.append(places[-1] + len(piece))
        descriptors += struct.pack("<HIH", 0, start, 0)
    table = struct.pack(f"<{len(places)}I", *places) + descriptors
    formatting = b"\1" + struct.pack("<H", 3) + b"abc"
    table = bytes(16) + formatting + b"\2" + struct.pack("<I", len(table)) + table
    struct.pack_into("<II", body, 0x01A2, 16, len(table) - 16)
    return {"WordDocument": bytes(body), "1Table": table}


def record(kind: int, *contents: bytes) -> bytes:
    """Return a record of an Excel workbook with what continues it."""
    return b"".join(struct.pack("<HH", number, len(content)) + content
                    for number, content in zip([kind] + [0x3C] * len(contents), contents, strict=False))  # fmt: skip


def wide(text: str) -> bytes:
    """Return a text of a workbook with two octets a character."""
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def narrow(text: str) -> bytes:
    """Return a text of a workbook with one octet a character."""
    return struct.pack("<HB", len(text), 0) + text.encode("latin-1")


def begin(kind: int, version: int = 0x0600) -> bytes:
    """Return the record that begins a part of a workbook: 5 what all share, 16 a sheet."""
    return record(0x0809, struct.pack("<HH12x", version, kind))


def workbook(shared: bytes, cells: bytes, *, name: bytes = b"Pay", hidden: bool = False) -> dict[str, bytes]:
    """Return the streams of an Excel 97 workbook of one sheet."""
    sheet = record(0x0085, struct.pack("<IBBBB", 0, hidden, 0, len(name), 0) + name)
    start = len(begin(5) + sheet + shared + record(10, b""))
    sheet = record(0x0085, struct.pack("<IBBBB", start, hidden, 0, len(name), 0) + name)
    return {"Workbook": begin(5) + sheet + shared + record(10, b"") + begin(16) + cells + record(10, b"")}


def atom(kind: int, content: bytes, *, instance: int = 0, container: bool = False) -> bytes:
    """Return a record of PowerPoint or of a drawing."""
    return struct.pack("<HHI", instance << 4 | (15 if container else 0), kind, len(content)) + content


def options(*texts: tuple[int, str]) -> bytes:
    """Return the table of a shape's options with these texts."""
    raw = [text.encode("utf-16-le") + b"\0\0" for _, text in texts]
    table = b"".join(struct.pack("<HI", number | 0x8000, len(content))
                     for (number, _), content in zip(texts, raw, strict=True))  # fmt: skip
    return atom(0xF00B, table + b"".join(raw), instance=len(texts))


def properties(*values: tuple[int, int, bytes]) -> bytes:
    """Return a property set ([MS-OLEPS]) of one section."""
    at = 8 + 8 * len(values)
    table, contents = b"", b""
    for number, kind, raw in values:
        table += struct.pack("<II", number, at + len(contents))
        content = struct.pack("<I", kind) + raw
        contents += content.ljust(-(-len(content) // 4) * 4, b"\0")
    section = struct.pack("<II", at + len(contents), len(values)) + table + contents
    return struct.pack("<HHI16xI16xI", 0xFFFE, 0, 0, 1, 48) + section
