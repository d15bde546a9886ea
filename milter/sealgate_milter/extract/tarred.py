"""tar in all its dialects, by the standard library."""

import io
import tarfile
from collections.abc import Iterator

from sealgate_milter.extract.found import Budget, File, Found, Unread


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield the files in the archive; links, devices and folders hold nothing."""
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as archive:
        while (member := archive.next()) is not None:
            budget.member()
            # The list of members that the class keeps is of no use here.
            archive.members = []  # type: ignore[attr-defined]
            if not member.isfile():
                continue
            data = _data(archive, member, budget)
            if len(data) < member.size:
                yield Unread("corrupt", member.name)
            yield File(member.name, data)


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
