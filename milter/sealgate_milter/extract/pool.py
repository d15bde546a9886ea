"""The readers of one process: started when first needed, replaced when they die, shared by all threads."""

import contextlib
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from functools import cache
from typing import BinaryIO, cast

from sealgate_milter.extract import frames
from sealgate_milter.extract.found import SECONDS, File
from sealgate_milter.extract.walk import Said

log = logging.getLogger("sealgate.extract")

GRACE = 1.0
"""Seconds that a reader gets beyond that to be killed by its own alarm."""
READERS = 2
FILES = 500
"""Files that a reader reads before it makes room for a fresh one."""


_lines: "weakref.WeakSet[socket.socket]" = weakref.WeakSet()


def descriptors() -> set[int]:
    """Return the descriptors of all sockets held here, so that nobody takes them for open sessions."""
    return {line.fileno() for line in list(_lines)} - {-1}


class _Reader:
    """A confined process, and the line to it."""

    def __init__(self, line: socket.socket, process: int) -> None:
        self.left = FILES
        self._line = line
        self._process = process
        self._stream = cast(BinaryIO, line.makefile("rb", 1 << 18))

    def read(self, file: File, path: str, seconds: float) -> list[Said]:
        """Return what is in `file`; a reader that dies or is late over it has no files left, and the list says so."""
        self.left -= 1
        start = time.monotonic()
        found: list[Said] = []
        try:
            self._line.settimeout(seconds + GRACE)
            frames.ask(self._line, file, path, seconds)
            for said in frames.answered(self._stream):
                found.append(said)
                if time.monotonic() > start + seconds + GRACE:
                    raise TimeoutError
        except (OSError, frames.BrokenAnswer) as error:
            self.left = 0
            late = time.monotonic() >= start + seconds - 0.1
            log.warning("%s: reader gave up: %s", path, "too slow" if late else error)
            found.append(Said("unread", path, b"timeout" if late else b"crashed"))
        return found

    def end(self) -> None:
        """Let the process go, by force: it has nothing to lose."""
        self._stream.close()
        self._line.close()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        os.close(self._process)


class Pool:
    """Up to `readers` processes that read files."""

    def __init__(self, readers: int = READERS) -> None:
        self._slots: queue.LifoQueue[_Reader | None] = queue.LifoQueue()
        for _ in range(readers):
            self._slots.put(None)
        self._lock = threading.Lock()
        self._nursery: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._warned = False

    def extract(self, file: File, path: str, patience: float) -> list[Said]:
        """Return what is in `file` at `path`; what is not found within `patience` seconds is a `timeout`."""
        end = time.monotonic() + patience
        try:
            # Nothing may be tried without patience: many attachments of a few seconds each make a minute.
            if patience <= 0:
                raise queue.Empty
            reader = self._slots.get(timeout=patience)
        except queue.Empty:
            return [Said("unread", path, b"timeout")]
        try:
            reader = reader or self._start()
            left = end - time.monotonic()
            if left <= 0:
                return [Said("unread", path, b"timeout")]
            return reader.read(file, path, min(SECONDS, left))
        except OSError as error:
            log.error("no process to read %s: %s", path, error)
            return [Said("unread", path, b"crashed")]
        finally:
            if reader is not None and reader.left <= 0:
                reader.end()
                reader = None
            self._slots.put(reader)

    def _start(self) -> _Reader:
        """Return a new reader; a nursery that has died is replaced once."""
        with self._lock:
            try:
                return self._born()
            except OSError:
                self._close()
                return self._born()

    def _born(self) -> _Reader:
        if self._nursery is None:
            self._nursery = _nursery()
        line = self._nursery[1]
        ours, theirs = _pair()
        with theirs:
            socket.send_fds(line, [b"+"], [theirs.fileno()])
            word, descriptors, _, _ = socket.recv_fds(line, 1, 1)
        if not word or not descriptors:
            ours.close()
            raise ConnectionError("the nursery is gone")
        ours.settimeout(SECONDS + GRACE)
        if ours.recv(1) != b"\1" and not self._warned:
            self._warned = True
            log.warning("this kernel has no seccomp: files are read with resource limits only")
        return _Reader(ours, descriptors[0])

    def close(self) -> None:
        """End all idle processes; those at work end with their file."""
        with self._lock:
            self._close()
        with contextlib.suppress(queue.Empty):
            while True:
                reader = self._slots.get_nowait()
                if reader is not None:
                    reader.end()

    def _close(self) -> None:
        if self._nursery is not None:
            process, line = self._nursery
            line.close()
            process.wait()
            self._nursery = None


def _nursery() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the program that forks readers; by exec, since a process with threads must not fork and go on."""
    ours, theirs = _pair()
    with theirs:
        command = [sys.executable, "-I", "-m", "sealgate_milter.extract.sandbox"]
        process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, env={}, cwd="/")
    # It answers once everything is loaded, which can take seconds on a busy machine.
    ours.settimeout(60)
    return process, ours


def _pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    _lines.update((ours, theirs))
    return ours, theirs


@cache
def shared() -> Pool:
    """Return the one pool of this process."""
    return Pool()


os.register_at_fork(after_in_child=shared.cache_clear)
