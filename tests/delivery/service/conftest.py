"""The delivery service as its own process, and an SMTP server that keeps what it gets. Nothing is faked."""

import json
import os
import select
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sealgate_core import tag
from sealgate_delivery import settings, store
from sealgate_delivery.store import Certificate, Domain, Member, Tenant

ROOT = Path(__file__).resolve().parents[3]
PIPE = ROOT / "delivery/sealgate-pipe"
FINGERPRINT = "AB:" * 31 + "CD"
STAMP = "11111111-2222-4333-8444-555555555555"


def message(stamp=STAMP, body=b"The result is in.\n", peer="acme", subject=b"Plan", extra=b""):
    """Return a message as Postfix hands it over (LF)."""
    top = f"X-Sealgate-Peer: {tag.make_peer(peer, FINGERPRINT)}\n".encode() if peer else b""
    ours = f"X-Sealgate: v=1; id={stamp}; rule=PHI; h=00\n".encode()
    return (top + b"Received: from gw by cloud; Mon, 23 Nov 2026 10:00:00 +0000\n" + ours + extra
            + b"From: Jane Roe <jane@acme.test>\nTo: bob@out.test\nSubject: " + subject
            + b"\nMessage-ID: <1@acme.test>\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n\n" + body)


def configuration(root, smtp_port):
    """Write cloud.toml and the master key below `root`; return its path."""
    (root / "master.key").write_bytes(b"M" * 32)
    (root / "master.key").chmod(0o600)
    lines = {
        "hostname": "cloud.test", "database": f"sqlite:///{root}/db/sealgate.db", "blobs": f"{root}/blobs",
        "transit_keys": f"{root}/transit", "master_key": f"{root}/master.key", "lmtp_socket": f"{root}/l.sock",
        "policy_socket": f"{root}/p.sock", "map_socket": f"{root}/m.sock", "socket_group": "",
        "direct_smtp": f"127.0.0.1:{smtp_port}", "notice_smtp": f"127.0.0.1:{smtp_port}",
        "notice_from": "notice@portal.test", "portal_url": "https://portal.test",
    }
    path = root / "cloud.toml"
    path.write_text("".join(f'{name} = "{value}"\n' for name, value in lines.items()))
    return path


def populate():
    """Register tenant acme with a certificate, and a member."""
    tenant = Tenant.create(name="acme", display_name="Acme Clinic", contact="+1 555 0100")
    other = Tenant.create(name="memb", display_name="Member")
    Domain.create(domain="acme.test", tenant=tenant)
    Certificate.create(fingerprint=FINGERPRINT, tenant=tenant)
    Member.create(domain="member.test", tenant=other, host="127.0.0.1", port=2525, tls_match="mx.member.test")
    Member.create(domain="acme.test", tenant=tenant, host="127.0.0.1", port=2526, tls_match="mx.acme.test")


class SmtpSink(socketserver.ThreadingTCPServer):
    """Takes SMTP and remembers `(sender line, recipient line, message)`; `refuse` makes it say that."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        self.mails, self.refuse = [], ""
        super().__init__(("127.0.0.1", 0), _SmtpTurns)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def await_mails(self, number, seconds=10.0):
        end = time.monotonic() + seconds
        while len(self.mails) < number and time.monotonic() < end:
            time.sleep(0.02)
        return list(self.mails)


class _SmtpTurns(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        sender = recipient = ""
        while line := self.rfile.readline():
            text = line.decode().strip()
            verb = text[:4].upper()
            if verb == "EHLO":
                self.wfile.write(b"250-sink\r\n250-DSN\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
                continue
            if verb == "MAIL":
                sender = text
            elif verb == "RCPT":
                recipient = text
                if self.server.refuse:
                    self.wfile.write(f"{self.server.refuse}\r\n".encode())
                    continue
            elif verb == "DATA":
                self.wfile.write(b"354 go\r\n")
                lines = []
                while (data := self.rfile.readline()) != b".\r\n":
                    lines.append(data[1:] if data.startswith(b".") else data)
                self.server.mails.append((sender, recipient, b"".join(lines)))
            elif verb == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 2.0.0 ok\r\n")


NURSERY = """
import json, os, sys
from sealgate_delivery import service
for line in sys.stdin:
    words = json.loads(line)
    child = os.fork()
    if not child:
        os.environ.update(words["environment"])
        os.dup2(os.open(words["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
        sys.argv = ["sealgate-delivery", "--config", words["config"]]
        status = 1
        try:
            service.main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        finally:
            os._exit(status)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Nursery:
    """Starts service processes by fork: importing it for each of them would take most of the tests' time."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def start(self, **words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return Child(int(self.process.stdout.readline()), self.process.stdout)


class Child:
    """A service process: what tests need of `Popen`."""

    def __init__(self, pid, ended):
        self.pid, self.returncode, self._ended = pid, None, ended

    def poll(self):
        if self.returncode is None and select.select([self._ended], [], [], 0)[0]:
            self.returncode = int(self._ended.readline())
        return self.returncode

    def wait(self, seconds):
        if self.returncode is None and not select.select([self._ended], [], [], seconds)[0]:
            raise subprocess.TimeoutExpired("sealgate-delivery", seconds)
        return self.poll()

    def send(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)


@pytest.fixture(scope="session")
def nursery():
    made = Nursery()
    yield made
    made.process.stdin.close()
    made.process.wait(10)


class Service:
    """One `sealgate-delivery` process below `root`; may be started again and again."""

    def __init__(self, root, sink, nursery):
        self.root, self.sink, self.nursery = root, sink, nursery
        self.config = configuration(root, sink.server_address[1])
        self.process = None
        store.connect(f"sqlite:///{root}/db/sealgate.db")
        with store.session():
            populate()

    @property
    def settings(self):
        return settings.load(self.config)

    def start(self, **environment):
        for name in "lpm":
            (self.root / f"{name}.sock").unlink(missing_ok=True)
        log = self.root / "log"
        before = log.read_text().count("ready") if log.exists() else 0
        self.process = self.nursery.start(environment=environment, log=str(log), config=str(self.config))
        end = time.monotonic() + 15
        while self.process.poll() is None and time.monotonic() < end:
            if log.exists() and log.read_text().count("ready") > before:
                break
            time.sleep(0.005)
        return self

    def stop(self):
        self.process.send(signal.SIGTERM)
        return self.process.wait(20)

    def dial(self, name="l"):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(15)
        client.connect(str(self.root / f"{name}.sock"))
        return client

    def pipe(self, data, *recipients, sender="jane@acme.test", timeout=20):
        """Run sealgate-pipe as Postfix does; return (exit status, what it printed)."""
        done = subprocess.run(
            [PIPE, "--socket", self.root / "l.sock", "--timeout", str(timeout), "--sender", sender,
             "--queue-id", "ABC123", "--", *recipients],
            input=data, capture_output=True, timeout=60, check=False,
        )
        assert done.stderr == b""
        return done.returncode, done.stdout.decode()

    def ask_map(self, request):
        """Ask as Postfix does, by netstrings."""
        with self.dial("m") as client:
            octets = request.encode()
            client.sendall(b"%d:%s," % (len(octets), octets))
            return client.recv(65536).decode().partition(":")[2].removesuffix(",")


@pytest.fixture
def sink():
    server = SmtpSink()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def service(tmp_path, sink, nursery):
    """A service that is set up but not started."""
    made = Service(tmp_path, sink, nursery)
    yield made
    if made.process:
        made.process.send(signal.SIGKILL)
        made.process.wait(10)


@pytest.fixture(scope="session")
def letter():
    """What makes a message; tests import nothing from here."""
    return message
