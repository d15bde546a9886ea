"""7z, RAR, CAB, ISO, cpio, ar, LHA, XAR, zstd, lz4, lzip and compress, by the C library libarchive.

It is loaded before the process is confined. Only readers that are part of the library are switched on: others would
start programs. Where the library is not installed, these archives are `unsupported`.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sealgate_milter.extract.found import Budget, File, Found, Unread

_LIBRARIES = ("libarchive.so.13", "libarchive.so")
_FORMATS = ("7zip", "rar", "rar5", "cab", "ar", "cpio", "iso9660", "lha", "xar", "tar", "raw")
_FILTERS = ("zstd", "lz4", "compress", "lzip", "rpm")
_OK, _END, _WARN = 0, 1, -20
_REGULAR = 0o100000
_PIECE = 1 << 18
_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_size_t


@cache
def _library() -> ctypes.CDLL | None:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.archive_read_new.restype = _POINTER
        library.archive_error_string.restype = ctypes.c_char_p
        library.archive_entry_pathname.restype = library.archive_entry_pathname_utf8.restype = ctypes.c_char_p
        library.archive_read_data.restype = ctypes.c_ssize_t
        return library
    return None


_library()


class _Archive:
    """An archive in memory, read from front to end."""

    def __init__(self, library: ctypes.CDLL, body: bytes) -> None:
        self._library = library
        self._body = body
        self._archive = _POINTER(library.archive_read_new())
        for name in _FILTERS:
            getattr(library, f"archive_read_support_filter_{name}")(self._archive)
        for name in _FORMATS:
            getattr(library, f"archive_read_support_format_{name}")(self._archive)
        self._piece = ctypes.create_string_buffer(_PIECE)

    def close(self) -> None:
        """Give the memory back."""
        self._library.archive_read_free(self._archive)

    def open(self) -> bool:
        """Start to read; False when this is no archive."""
        return bool(
            self._library.archive_read_open_memory(self._archive, self._body, _SIZE(len(self._body))) in (_OK, _WARN)
        )

    def next(self) -> "_Entry | None":
        """Return the next entry, `None` behind the last one; raise `_Broken` where the archive is."""
        entry = _POINTER()
        result = self._library.archive_read_next_header(self._archive, ctypes.byref(entry))
        if result == _END:
            return None
        if result not in (_OK, _WARN):
            raise _Broken(self._reason())
        name = self._library.archive_entry_pathname_utf8(entry) or self._library.archive_entry_pathname(entry) or b""
        return _Entry(
            name.decode("utf-8", "replace"),
            self._library.archive_entry_filetype(entry) & 0o170000 in (_REGULAR, 0),
            bool(self._library.archive_entry_is_encrypted(entry)),
        )

    def data(self, budget: Budget) -> tuple[bytes, str]:
        """Return what the entry holds, and why it is not whole."""
        pieces: list[bytes] = []
        while (count := self._library.archive_read_data(self._archive, self._piece, _SIZE(_PIECE))) > 0:
            budget.take(count)
            pieces.append(self._piece.raw[:count])
        return b"".join(pieces), self._reason() if count < 0 else ""

    def _reason(self) -> str:
        said = self._library.archive_error_string(self._archive) or b""
        if b"ncrypt" in said or b"assphrase" in said:
            return "encrypted"
        return "unsupported" if b"nsupported" in said or b"not supported" in said else "corrupt"


@dataclass(frozen=True)
class _Entry:
    """One file, folder or link in an archive."""

    name: str
    is_file: bool
    encrypted: bool


class _Broken(Exception):
    """Nothing further can be read; the text is the reason code."""


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the files in the archive."""
    library = _library()
    if library is None:
        yield Unread("unsupported")
        return
    archive = _Archive(library, body)
    try:
        if not archive.open():
            raise _Broken("corrupt")
        # What is no archive to any reader comes out as it went in.
        while (entry := archive.next()) is not None:
            budget.member()
            if not entry.is_file:
                continue
            data, reason = (b"", "encrypted") if entry.encrypted else archive.data(budget)
            if data == body:
                raise _Broken("corrupt")
            if reason:
                yield Unread(reason, entry.name)
            # A lone compressed stream is called `data` for want of a name.
            yield File("" if entry.name == "data" else entry.name, data)
    except _Broken as broken:
        yield Unread(str(broken))
    finally:
        archive.close()
