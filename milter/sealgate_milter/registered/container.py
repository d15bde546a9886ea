"""The file of an index: a sealed record and arrays to map into memory; replaced whole, taken anew when it changes.

    8 octets   "SGINDEX1"
    8 octets   length of the record, little-endian
    record     JSON, sealed: names of documents and columns tell things, too
    arrays     each at a multiple of 64 octets, where the record says; numbers little-endian

Nobody ever sees half a file: it is written under another name, flushed to disk, and renamed. Whoever brings one back
from a backup must do the same: cp(1) onto a file that is in use cuts it short under those who have it mapped.
"""

import contextlib
import errno
import fcntl
import json
import logging
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from sealgate_core import seal
from sealgate_core.parameters import ParameterError

log = logging.getLogger("sealgate.registered")

_MAGIC = b"SGINDEX1"
_ALIGN = 64
_UNFINISHED = ".unfinished-"
Arrays = Mapping[str, NDArray[Any]]
Index = TypeVar("Index")


def write(path: Path, key: bytes, kind: str, record: Mapping[str, Any], arrays: Arrays) -> None:
    """Replace the index at `path`; its owner becomes that of the folder, so that the milter can read what root wrote.

    Raises `OSError`; then the index is what it was.
    """
    layout: dict[str, tuple[str, list[int], int]] = {}
    size = 0
    for name, array in arrays.items():
        layout[name] = (array.dtype.str, list(array.shape), size)
        size += -(-array.nbytes // _ALIGN) * _ALIGN
    plain = json.dumps({"record": record, "arrays": layout, "size": size}).encode()
    sealed = seal.seal(_record_key(key), seal.context("registered/index", kind), plain)
    head = _MAGIC + len(sealed).to_bytes(8, "little") + sealed
    with _replacing(path) as descriptor, open(descriptor, "wb", closefd=False) as file:
        file.write(head.ljust(_aligned(len(head)), b"\0"))
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).data)
            file.write(b"\0" * (-array.nbytes % _ALIGN))


def read(path: Path, key: bytes, kind: str) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Return record and arrays of the index at `path`; the arrays stay valid when the file is replaced.

    Raises `OSError`, and `ParameterError` when the file is not whole or made with another key.
    """
    with path.open("rb") as file:
        head = file.read(16)
        length = int.from_bytes(head[8:], "little")
        if head[:8] != _MAGIC or length > 1 << 30:
            raise ParameterError(f"{path}: is no index; remove it and register anew")
        sealed = file.read(length)
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        plain = json.loads(seal.open_sealed(_record_key(key), seal.context("registered/index", kind), sealed))
    except seal.SealBroken as error:
        raise ParameterError(f"{path}: does not open with the key in force; was it made with another one?") from error
    start = _aligned(16 + length)
    if len(mapped) != start + plain["size"]:
        raise ParameterError(f"{path}: is not whole; remove it and register anew")
    arrays = {
        name: np.frombuffer(mapped, dtype, int(np.prod(shape)), start + offset).reshape(shape)
        for name, (dtype, shape, offset) in plain["arrays"].items()
        if np.prod(shape)
    }
    empty = {name: np.empty(shape, dtype) for name, (dtype, shape, _) in plain["arrays"].items()}
    return plain["record"], empty | arrays


@contextlib.contextmanager
def alone(folder: Path, like: Path) -> Iterator[None]:
    """Make `folder` when it is not there, and let nobody else change the indexes in it meanwhile.

    Made by root, it belongs to whom `like` belongs. What a change left that was cut short is swept away; folders that
    were made for a change that fails go again.
    """
    made = [one for one in (folder, *folder.parents) if not one.is_dir()]
    if made:
        folder.mkdir(mode=0o700, parents=True)
        _give(folder, like if like.exists() else folder.parent)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in folder.glob(f"{_UNFINISHED}*"):
            left.unlink()
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # Something is in it after all: then it stays.
            for one in made:
                one.rmdir()
        raise
    finally:
        os.close(descriptor)


def new_key_file(path: Path, like: Path) -> None:
    """Write a fresh key to `path`, mode 0600, for whom `like` belongs to; raise `OSError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, seal.new_key())
        os.fsync(descriptor)
        _give(descriptor, like)
    finally:
        os.close(descriptor)


class Watched(Generic[Index]):
    """An index that is loaded when it is first asked for, and again whenever its file is another one."""

    def __init__(self, path: Path, load: Callable[[Path], Index], empty: Index) -> None:
        self._path = path
        self._load = load
        self._held: tuple[object, Index] = (None, empty)

    def now(self) -> Index:
        """Return the index in force: the file's, an empty one while there never was a file.

        A file that goes away or is broken later is logged, and what was loaded stays in force. Raises
        `ParameterError` when there is a file that cannot be used and nothing else in force.
        """
        mark, index = self._held
        found = _mark(self._path)
        if found == mark or (mark is None and found == errno.ENOENT):
            return index
        try:
            index = self._load(self._path)
        except (OSError, ParameterError) as error:
            if mark is None:
                raise _told(self._path, error) from error
            log.error("registered data refused, the old one stays in force: %s", error)
        self._held = (found, index)
        return index


def _told(path: Path, error: OSError | ParameterError) -> ParameterError:
    if isinstance(error, ParameterError):
        return error
    who = "; run this as root or as the milter's user" if isinstance(error, PermissionError) else ""
    return ParameterError(f"{path}: cannot be read ({error.strerror}){who}")


def _mark(path: Path) -> object:
    """Return what changes when the file does."""
    try:
        status = path.stat()
    except OSError as error:
        return error.errno
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[int]:
    descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)
    try:
        yield descriptor
        _give(descriptor, path.parent)
        os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _give(what: int | Path, like: Path) -> None:
    """Make root's new file or folder belong to whom `like` belongs; others keep what they made."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(what, owner.st_uid, owner.st_gid)


def _record_key(key: bytes) -> bytes:
    return seal.derive(key, "registered/record")


def _aligned(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN
