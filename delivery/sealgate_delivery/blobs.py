"""Sealed blobs in a directory: written so that a name never shows half a blob, not even after a power cut.

Temporary file, fsync, rename, fsync of the folder. Two levels, so that no folder grows without limit. What is in a
blob is sealed already; nothing here sees clear text.
"""

import os
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from time import time
from typing import BinaryIO

from sealgate_delivery import crash

CHUNK = 1 << 18
"""Octets that are read at once."""
_NAME = re.compile(r"[0-9a-f][0-9a-f-]{6,62}[0-9a-f]")
_PART = ".part"


def _path(root: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a blob")
    return root / name[:2] / name


def sync_folder(folder: Path) -> None:
    """Make names that were made, changed or removed in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create(path: Path) -> BinaryIO:
    """Open a new file for writing that nobody else may read; raise `FileExistsError`."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _make_folder(folder: Path) -> None:
    for missing in (folder.parent, folder):
        if not missing.is_dir():
            missing.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(missing.parent)


def write(root: Path, name: str, chunks: Iterable[bytes]) -> int:
    """Store `chunks` under `name` durably; return the number of octets. On any error nothing stays behind."""
    target = _path(root, name)
    _make_folder(target.parent)
    temporary = target.with_name(f"{name}.{secrets.token_hex(4)}{_PART}")
    size = 0
    try:
        with create(temporary) as file:
            crash.point("blob.created")
            for chunk in chunks:
                file.write(chunk)
                size += len(chunk)
            file.flush()
            crash.point("blob.written")
            os.fsync(file.fileno())
        crash.point("blob.synced")
        temporary.replace(target)
        crash.point("blob.renamed")
        sync_folder(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    crash.point("blob.durable")
    return size


def read(root: Path, name: str) -> Iterator[bytes]:
    """Yield the blob in pieces; raise `FileNotFoundError` when there is none."""
    with _path(root, name).open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def remove(root: Path, name: str) -> None:
    """Remove a blob, if it is there."""
    target = _path(root, name)
    try:
        target.unlink()
    except FileNotFoundError:
        return
    sync_folder(target.parent)


def sweep(root: Path, wanted: Collection[str], age: int = 3600) -> int:
    """Remove every blob that is not `wanted` and every unfinished one, if older than `age` seconds; return how many.

    The age protects a delivery that has written its blob and not yet committed the row that wants it.
    """
    removed = 0
    for path in root.glob("??/*"):
        if path.name in wanted or path.stat().st_mtime > time() - age:
            continue
        path.unlink(missing_ok=True)
        removed += 1
    return removed
