"""tar in all its dialects, by the standard library."""

import io
import tarfile
from collections.abc import Iterator

from sealgate_milter.extract.found import Budget, File, Found, Unread

_MEASURED = frozenset({"mtime", "atime", "ctime", "size", "uid", "gid", "path"})
"""Entries of an extended header that are read otherwise, or say nothing."""


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the files in the archive; of links, devices and folders what they are called and where they lead."""
    known: set[str] = set()
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as archive:
        while (member := archive.next()) is not None:
            budget.member()
            # The list of members that the class keeps is of no use here.
            archive.members = []  # type: ignore[attr-defined]
            said = "\n".join(text for text in _said(archive, member) if text not in known)
            known.update(said.split("\n"))
            yield said
            if not member.isfile():
                continue
            data = _data(archive, member, budget)
            if len(data) < member.size:
                yield Unread("corrupt", member.name)
            yield File(member.name, data)


def _said(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[str]:
    """Yield what describes a member, or all of them from here on, beside the name of a file."""
    yield from archive.pax_headers.values()
    yield from (value for key, value in member.pax_headers.items() if key not in _MEASURED)
    yield member.linkname
    if not member.isfile():
        yield member.name


def _data(archive: tarfile.TarFile, member: tarfile.TarInfo, budget: Budget) -> bytes:
    source = archive.extractfile(member)
    if source is None:
        return b""
    pieces: list[bytes] = []
    try:
        while piece := source.read(1 << 20):
            budget.take(len(piece))
            pieces.append(piece)
    except tarfile.ReadError:
        # Cut off within this file; what is there counts.
        pass
    return b"".join(pieces)
