"""The parent: owns sockets and signals, keeps the right number of workers alive, and knows nothing about mail.

Each listening socket has a group of worker processes that accept on it. A worker is a fresh Python, so an upgrade
brings in new code; it gets the socket and one control channel, on which the parent says `R` (reload) or `D` (drain)
and the worker answers in lines: `ready`, `loaded`, `refused`, `sick`.

    SIGHUP   check the new configuration; if it is good every worker swaps it in place, else the old one stays
    SIGUSR2  start a new generation, and once it is ready let the old one finish its sessions
    SIGTERM  close the sockets, let every session finish, end; a second SIGTERM does not wait
"""

import logging
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sealgate_core.parameters import ParameterError
from sealgate_milter import notify
from sealgate_milter.wording import counted

log = logging.getLogger("sealgate.parent")

SIGNALS = (signal.SIGHUP, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
SETTLED = 10.0
"""A worker that lived for this many seconds did not fail at start."""
LONGEST_PAUSE = 30.0


@dataclass(eq=False)
class Group:
    """The workers on one listening socket."""

    name: str
    listener: socket.socket
    size: int
    failures: int = 0
    not_before: float = 0.0
    """Monotonic time of the next start: workers that die at once are replaced more and more slowly."""


@dataclass(eq=False)
class Worker:
    """One worker process."""

    group: Group
    process: subprocess.Popen[bytes]
    channel: socket.socket
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    retiring: bool = False
    """It serves until enough others are ready, then it is drained."""
    draining: bool = False

    def tell(self, word: bytes) -> None:
        """Send one control byte; a worker that is gone is noticed elsewhere."""
        try:
            self.channel.send(word)
        except OSError:
            log.debug("worker %d is gone", self.process.pid)


class Supervisor:
    """Runs `groups` of workers. `command(group, listener_fd, channel_fd)` is a worker's command line; `check()` returns
    what the configuration says, in words for the log, and raises `ParameterError` when it is unusable.
    """

    def __init__(
        self, groups: list[Group], command: Callable[[Group, int, int], list[str]], check: Callable[[], str]
    ) -> None:
        self.groups = groups
        self.workers: list[Worker] = []
        self._command = command
        self._check = check
        self._announced = False
        self._stopping = False
        self._reloading: set[Worker] = set()
        self._reloaded = ""
        """What the workers are taking over; empty when nothing is to be said of it."""
        self._signals: list[int] = []
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Serve until SIGTERM, and return once the last worker is gone."""
        wake, woken = socket.socketpair()
        for end in (wake, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, lambda number, _: self._signals.append(number))
        self._selector.register(wake, selectors.EVENT_READ)
        interval = min(notify.watchdog_interval() or 1.0, 1.0)
        while not (self._stopping and not self.workers):
            self._fill()
            for key, _ in self._selector.select(interval):
                if key.data is None:
                    wake.recv(4096)
                else:
                    self._hear(key.data)
            self._act()
            self._reap()
            self._settle()
            notify.alive()

    def _act(self) -> None:
        actions = {signal.SIGHUP: self._reload, signal.SIGUSR2: self._upgrade}
        actions |= {signal.SIGTERM: self._stop, signal.SIGINT: self._stop}
        while self._signals:
            action = actions.get(signal.Signals(self._signals.pop(0)))
            if action:
                action()

    def _fill(self) -> None:
        """Start workers until every group has its number of lasting ones."""
        for group in self.groups:
            lasting = sum(1 for w in self.workers if w.group is group and not w.retiring and not w.draining)
            while not self._stopping and lasting < group.size and time.monotonic() >= group.not_before:
                self._start(group)
                lasting += 1

    def _start(self, group: Group) -> None:
        ours, theirs = socket.socketpair()
        fds = (group.listener.fileno(), theirs.fileno())
        # A session of its own: Ctrl-C at a terminal must reach the parent only.
        process = subprocess.Popen(self._command(group, *fds), pass_fds=fds, start_new_session=True)
        theirs.close()
        ours.setblocking(False)
        worker = Worker(group, process, ours)
        self.workers.append(worker)
        self._selector.register(ours, selectors.EVENT_READ, worker)

    def _hear(self, worker: Worker) -> None:
        try:
            words = worker.channel.recv(4096).decode().split()
        except OSError:
            words = []
        if not words:  # end of file: the process is dying, `_reap` will see it
            self._selector.unregister(worker.channel)
            worker.channel.close()
        for word in words:
            if word == "ready":
                worker.ready = True
            elif word == "sick":
                log.warning("worker %d asks to be replaced", worker.process.pid)
                worker.retiring = True
            else:
                self._reloading.discard(worker)
                if word == "refused":
                    self._reloaded = ""
                    log.error("worker %d refused the new configuration and keeps the old one", worker.process.pid)

    def _reap(self) -> None:
        for worker in [w for w in self.workers if w.process.poll() is not None]:
            self.workers.remove(worker)
            self._reloading.discard(worker)
            if worker.channel.fileno() >= 0:
                self._selector.unregister(worker.channel)
                worker.channel.close()
            if not worker.draining and not self._stopping:
                self._slow_down(worker)

    def _slow_down(self, worker: Worker) -> None:
        group, now = worker.group, time.monotonic()
        group.failures = 0 if now - worker.started > SETTLED else group.failures + 1
        pause = min(LONGEST_PAUSE, 0.25 * 2**group.failures) if group.failures > 1 else 0.0
        group.not_before = now + pause
        log.error("worker %d ended with %d, replaced in %.1f s", worker.process.pid, worker.process.returncode, pause)

    def _settle(self) -> None:
        """Drain retiring workers whose successors are ready; announce the end of start and of reloads."""
        if self._stopping:
            return
        for group in self.groups:
            mine = [worker for worker in self.workers if worker.group is group and not worker.draining]
            if sum(worker.ready and not worker.retiring for worker in mine) >= group.size:
                self._drain(worker for worker in mine if worker.retiring)
        serving = all(any(worker.ready and worker.group is group for worker in self.workers) for group in self.groups)
        if serving and not self._reloading and not self._announced:
            self._announced = True
            if self._reloaded:
                log.info("policy reloaded: %s", self._reloaded)
                self._reloaded = ""
            notify.ready(counted(len(self.workers), "worker"))
            log.info("ready, %s", counted(len(self.workers), "worker"))

    def _drain(self, workers: Iterable[Worker]) -> None:
        for worker in workers:
            worker.draining = True
            worker.tell(b"D")

    def _reload(self) -> None:
        notify.reloading()
        self._announced = False
        try:
            self._reloaded = self._check()
        except ParameterError as error:
            self._reloaded = ""
            log.error("reload refused, the old configuration stays in force: %s", error)
            return
        self._reloading = {worker for worker in self.workers if not worker.draining}
        for worker in self._reloading:
            worker.tell(b"R")

    def _upgrade(self) -> None:
        log.info("new generation of workers")
        for worker in self.workers:
            worker.retiring = True

    def _stop(self) -> None:
        if self._stopping:
            for worker in self.workers:
                worker.process.kill()
            return
        self._stopping = True
        notify.stopping("waiting for open sessions")
        for group in self.groups:
            group.listener.close()
        self._drain(self.workers)
