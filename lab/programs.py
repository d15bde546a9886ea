"""Our own programs as processes of the lab: started as another user, logged to a file, stopped by their id."""

import contextlib
import grp
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
NOGROUP = 65534


class Program:
    """One program. `user` is a name, or a number that needs no entry in passwd."""

    def __init__(self, name: str, words: Sequence[str], log: Path, user: str | int) -> None:
        self.name, self.words, self.log = name, list(words), log
        self.uid = user if isinstance(user, int) else pwd.getpwnam(user).pw_uid
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def _as_user(self) -> list[str]:
        """Return the command that runs it as its user, and in the group postfix, which may dial its sockets."""
        groups = f"{NOGROUP},{grp.getgrnam('postfix').gr_gid}"
        words = ["setpriv", f"--reuid={self.uid}", f"--regid={NOGROUP}", f"--groups={groups}"]
        if _hidden(self.uid):
            # A clone below /root: nobody else may look into it. Reading is all that this grants.
            words += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        return [*words, *self.words]

    def start(self) -> None:
        """Start it as its user."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._as_user(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**ENVIRONMENT, **self.environment}, cwd="/",
            )

    def output(self) -> str:
        """Run it to its end as its user and return what it prints; `RuntimeError` when it fails."""
        done = subprocess.run(
            self._as_user(), capture_output=True, text=True, env={**ENVIRONMENT, **self.environment}, cwd="/",
            stdin=subprocess.DEVNULL, check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(self.words[-4:])}: {done.stdout}{done.stderr}")
        return done.stdout

    def running(self) -> bool:
        """Tell whether it runs."""
        return self.process is not None and self.process.poll() is None

    def await_socket(self, path: Path, seconds: float = 30) -> None:
        """Wait until its Unix socket is there; `RuntimeError` with its log when it ends or takes too long."""
        self._await(path.is_socket, seconds)

    def await_log(self, text: str, seconds: float = 30) -> None:
        """Wait until `text` stands in its log."""
        self._await(lambda: text in self.log.read_text("utf-8", "replace"), seconds)

    def _await(self, done: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not done():
            if not self.running() or time.monotonic() > end:
                raise RuntimeError(f"{self.name} is not ready: {self.log.read_text('utf-8', 'replace')[-3000:]}")
            time.sleep(0.05)

    def stop(self, seconds: float = 10) -> None:
        """Ask it to end; kill it and its children when it does not."""
        self.send(signal.SIGTERM)
        if self.process:
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def kill(self) -> None:
        """End it and all its children at once, without a word."""
        if self.process:
            # Stopped first: it would replace a killed worker with one that nobody here knows.
            self.send(signal.SIGSTOP)
            for pid in [*_descendants(self.process.pid), self.process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait(10)

    def send(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.running() and self.process:
            self.process.send_signal(number)


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [each for child in map(int, children) for each in (child, *_descendants(child))]


def _hidden(uid: int) -> bool:
    """Tell whether some folder on the way to this repository is closed to `uid`."""
    places = [ROOT, *ROOT.parents]
    return any(place.stat().st_uid != uid and not place.stat().st_mode & 0o001 for place in places)
