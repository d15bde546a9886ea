"""Listening sockets in libmilter's notation: `unix:PATH`, `inet:PORT@HOST`, `inet6:PORT@HOST`."""

import contextlib
import os
import shutil
import socket
import stat
from pathlib import Path

from sealgate_core.parameters import ParameterError

BACKLOG = 512


def listen(address: str, group: str) -> socket.socket:
    """Return a non-blocking listening socket; a Unix socket gets mode 0660 and the Unix group `group`.

    Non-blocking, because several processes accept on it: who loses a race must not be stuck in accept(2).
    Raises `ParameterError` when `address` is malformed or taken.
    """
    kind, _, place = address.partition(":")
    try:
        if kind in ("unix", "local"):
            listener = _listen_unix(Path(place), group)
        elif kind in ("inet", "inet6"):
            port, _, host = place.partition("@")
            family = socket.AF_INET if kind == "inet" else socket.AF_INET6
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host or ("127.0.0.1" if kind == "inet" else "::1"), int(port)))
        else:
            raise ParameterError(f"listen: {address!r} is neither unix:PATH nor inet:PORT@HOST")
        listener.listen(BACKLOG)
    except (OSError, ValueError, OverflowError) as error:
        raise ParameterError(f"listen: {address}: {error}") from error
    listener.setblocking(False)
    return listener


def remove(address: str) -> None:
    """Remove the file of a Unix socket, if we may."""
    kind, _, place = address.partition(":")
    if kind in ("unix", "local"):
        with contextlib.suppress(OSError):
            Path(place).unlink()


def _listen_unix(path: Path, group: str) -> socket.socket:
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    if group:
        try:
            shutil.chown(path, group=group)
        except (LookupError, PermissionError) as error:
            raise ParameterError(f"listen: {path} cannot be given to the group {group!r} ({error})") from error
    return listener


def _remove_stale(path: Path) -> None:
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise ParameterError(f"listen: {path} is served by another process")
