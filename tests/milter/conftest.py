"""Makes the milter client importable, and starts real daemons: the shipped program, real libmilter, real processes."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from milter_client import MilterClient

USER = "nobody"
POLICY = """
internal = ["corp.test"]
mode = "enforce"

[tests.tagged]
subject = "[secure]"

[tests.marked]
words = ["topsecretmarker"]

[[rules]]
name = "tagged"
when = "tagged or marked"
then = "secure"
"""


class Daemon:
    """One running sealgate-milter; as root it becomes an ordinary user, which libmilter treats differently."""

    def __init__(self, **parameters) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sealgate-"))
        self.socket = str(self.folder / "milter.sock")
        self.policy = self.folder / "policy.toml"
        self.config = self.folder / "gateway.toml"
        self.log = self.folder / "log"
        self.policy.write_text(POLICY)
        key = self.folder / "tag.key"
        key.write_bytes(bytes(range(32)))
        key.chmod(0o600)
        values = {
            "listen": [f"unix:{self.socket}"],
            "user": USER if os.geteuid() == 0 else "",
            "socket_group": "postfix" if os.geteuid() == 0 else "",
            "workers": 2,
            "policy": str(self.policy),
            "tag_key": str(key),
            "internal": ["corp.test"],
            "thread_db": str(self.folder / "threads.db"),
        } | parameters
        lines = [f"{name} = {value!r}\n" for name, value in values.items()]
        self.config.write_text("".join(lines).replace("'", '"'))
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, pwd.getpwnam(USER).pw_uid, -1)
        self.folder.chmod(0o755)
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(str(self.folder / "notify"))
        (self.folder / "notify").chmod(0o666)
        self.notified.settimeout(0.2)

    def start(self) -> "Daemon":
        environment = os.environ | {"NOTIFY_SOCKET": str(self.folder / "notify")}
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "sealgate_milter.daemon", "--config", str(self.config)]
            self.process = subprocess.Popen(command, stderr=log, env=environment)
        self.await_notice("READY=1")
        return self

    def await_notice(self, wanted: str) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(TimeoutError):
                if wanted in self.notified.recv(4096).decode().splitlines():
                    return
        raise AssertionError(f"no {wanted}; log:\n{self.log.read_text()}")

    def client(self) -> MilterClient:
        return MilterClient(self.socket)

    def workers(self) -> set[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return set(map(int, listed.split()))

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def reload(self) -> None:
        self.signal(signal.SIGHUP)
        self.await_notice("RELOADING=1")
        self.await_notice("READY=1")

    def wait_for(self, condition, seconds=10) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """End it at once: a second SIGTERM does not wait for sessions."""
        while self.process.poll() is None:
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.2)
        self.remove()

    def remove(self) -> None:
        self.notified.close()
        shutil.rmtree(self.folder)


@pytest.fixture
def daemon():
    """Start daemons: `daemon(max_size=1000)`; all are stopped at the end."""
    started = []

    def start(**parameters):
        started.append(Daemon(**parameters))
        return started[-1].start()

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="module")
def shared():
    """One daemon for the tests that only send mail."""
    one = Daemon(max_size=200_000, bounce_listen="inet:0@127.0.0.1").start()
    yield one
    one.stop()
