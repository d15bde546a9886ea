"""What one worker process holds: the basis in force, the room for message bodies, and its line to the parent."""

import contextlib
import gc
import logging
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sealgate_core.parameters import ParameterError
from sealgate_core.status import STORAGE, UNDECIDED, Refusal
from sealgate_milter.extract import pool
from sealgate_milter.judgement import Basis, Outcome, judge, load
from sealgate_milter.outbox import Courier
from sealgate_milter.transaction import Transaction

log = logging.getLogger("sealgate.worker")

QUIET = 1.0
"""Seconds without a session after which a drained worker ends: covers one accepted but not yet counted."""


class Worker:
    """State shared by all sessions of this process."""

    def __init__(self, config: Path, channel: socket.socket) -> None:
        self.basis: Basis = load(config)
        _settle()
        self._config = config
        self._channel = channel
        self._held = 0
        self._lock = threading.Lock()
        self._judges = ThreadPoolExecutor(4, "judge")
        self._courier = Courier(lambda: self.basis.outbox)

    def judge(self, transaction: Transaction, basis: Basis) -> Outcome:
        """Return the outcome within the deadline, else raise `Refusal`: Postfix keeps the message and asks again."""
        future = self._judges.submit(judge, transaction, basis)
        try:
            return future.result(basis.deadline)
        except TimeoutError as error:
            # The thread cannot be stopped, only left behind with its process.
            self._report("sick")
            raise Refusal(UNDECIDED, f"not judged within {basis.deadline} s") from error

    def note(self, outcome: Outcome, basis: Basis) -> None:
        """Keep what is to be remembered of a message, before Postfix is told anything; start what is to be sent."""
        basis.note(outcome)
        if outcome.notices:
            self._courier.wake()

    def hold(self, octets: int, limit: int) -> None:
        """Reserve room for a piece of a message; raise `Refusal` when all open messages would outgrow `limit`."""
        with self._lock:
            if self._held + octets > limit:
                raise Refusal(STORAGE, "too many large messages at once")
            self._held += octets

    def release(self, octets: int) -> None:
        """Give room back."""
        with self._lock:
            self._held -= octets

    def obey(self, listening: int) -> None:
        """Start to obey the parent; `listening` is the descriptor on which libmilter accepts."""
        before = _sockets()
        threading.Thread(target=self._obey, args=(listening, before), name="control", daemon=True).start()
        self._report("ready")

    def _obey(self, listening: int, before: set[str]) -> None:
        while (word := self._channel.recv(1)) == b"R":
            self._reload()
        # `D`, or the parent is gone: nobody would reload or replace us any more.
        log.debug("draining (%r)", word)
        _drain(listening, before)

    def _reload(self) -> None:
        try:
            self.basis = load(self._config)
        except ParameterError as error:
            log.error("configuration refused, the old one stays in force: %s", error)
            self._report("refused")
        else:
            _settle()
            self._report("loaded")

    def _report(self, word: str) -> None:
        with contextlib.suppress(OSError):
            self._channel.send(f"{word}\n".encode())


def _settle() -> None:
    """Spare the collector what a policy is made of, which lives as long as the basis, and let it run less often."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _drain(listening: int, before: set[str]) -> None:
    """Accept nothing more, and end the process when the last session has closed.

    libmilter's own stop would cut the sessions; it goes on listening, but on a socket that nobody can dial.
    """
    nobody = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    nobody.bind("")
    nobody.listen(1)
    os.dup2(nobody.fileno(), listening)
    ignored = before | _sockets(nobody.fileno())
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < QUIET:
        time.sleep(0.05)
        # The lines to the processes that read documents are sockets, too, and no sessions.
        held = pool.descriptors()
        if _sockets() - ignored - (_sockets(*held) if held else set()):
            quiet_since = time.monotonic()
    os._exit(0)


def _sockets(*only: int) -> set[str]:
    """Return the sockets open in this process (or behind the descriptors `only`), named by their inodes."""
    found = set()
    for number in only or [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208 - names, not paths
        with contextlib.suppress(OSError):
            target = os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115 - no file, so no path
            if target.startswith("socket:"):
                found.add(target)
    return found
