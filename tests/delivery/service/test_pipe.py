"""sealgate-pipe as a program: whatever is done to it, Postfix sees 0 or 75 and one line."""

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sealgate_delivery import store
from sealgate_delivery.store import Copy, Message, Outbox

PIPE = Path(__file__).resolve().parents[3] / "delivery/sealgate-pipe"


@pytest.fixture
def silent(tmp_path):
    """A service that takes connections and says nothing."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "l.sock"))
        listener.listen()
        yield tmp_path / "l.sock"


def start(path, *words):
    return subprocess.Popen([PIPE, "--socket", path, *words, "--", "a@out.test"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_it_runs_on_debians_python_without_its_surroundings():
    first = PIPE.read_text().splitlines()[0]
    assert first == "#!/usr/bin/python3 -IS"
    code = "import sys; program, sys.argv[1] = sys.argv[1], '--help'; exec(open(program).read()); " \
           "print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(["/usr/bin/python3", "-IS", "-c", code, PIPE], capture_output=True, text=True, check=True)
    assert "--sender ADDRESS" in done.stdout
    # What a start costs is what it imports.
    assert not {"socket", "re", "email", "argparse", "logging", "smtplib", "typing"} & set(done.stderr.split())


def test_a_signal_is_75(silent):
    program = start(silent)
    program.stdin.write(b"Subject: x\n\nx\n")
    program.stdin.close()
    time.sleep(0.3)
    program.send_signal(signal.SIGTERM)
    assert program.wait(5) == 75 and program.stderr.read() == b""
    assert program.stdout.read() == b"4.3.0 ended by a signal\n"


def test_a_mail_that_never_ends_is_75(silent):
    """The alarm rings while standard input is read, too."""
    program = start(silent, "--timeout", "1")
    program.stdin.write(b"Subject: x\n\n")
    program.stdin.flush()
    time.sleep(0.2)
    program.send_signal(signal.SIGALRM)
    assert program.wait(5) == 75 and b"took too long" in program.stdout.read()
    program.stdin.close()


def test_killed_midway_leaves_nothing_half_done(service, letter):
    service.start()
    program = subprocess.Popen([PIPE, "--socket", service.root / "l.sock", "--sender", "jane@acme.test", "--",
                                "bob@out.test"], stdin=subprocess.PIPE)
    program.stdin.write(letter()[:100])
    program.stdin.flush()
    program.kill()
    assert program.wait(5) == -signal.SIGKILL
    with store.session():
        assert Message.select().count() == 0
    assert service.pipe(letter(), "bob@out.test") == (0, "")


def test_killed_at_each_of_its_calls_one_copy_and_one_notice(service, letter):
    """strace kills the program as it enters its n-th read, connect, send and receive, for every n that there is."""
    service.start()
    words = [PIPE, "--socket", service.root / "l.sock", "--sender", "jane@acme.test", "--", "bob@out.test"]
    killed = 0
    for call in ("read", "connect", "sendto", "recvfrom"):
        for count in range(1, 200):
            done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                   f"inject={call}:signal=SIGKILL:when={count}", *words],
                                  input=letter(), capture_output=True, check=False)
            if done.returncode != -signal.SIGKILL:
                assert done.returncode == 0
                break
            killed += 1
    assert killed > 10
    assert service.pipe(letter(), "bob@out.test") == (0, "")
    with store.session():
        assert (Message.select().count(), Copy.select().count()) == (1, 1)
        assert Outbox.select().where(Outbox.kind == "notice").count() == 1


def test_the_service_dies_in_mid_message(service, letter):
    service.start(SEALGATE_CRASH_AT="blob.created:1")
    status, said = service.pipe(letter(), "bob@out.test")
    assert status == 75 and "closed the connection" in said


def test_many_recipients_and_a_large_message(service, letter):
    service.start()
    many = [f"user{number}@out.test" for number in range(120)]
    body = b"line of text\n.\n" * 500_000
    assert service.pipe(letter(body=body), *many, timeout=60) == (0, "")
    with store.session():
        assert Copy.select().count() == 120 and Message.select().count() == 1


def test_addresses_beyond_ascii_and_with_quotes(service, letter):
    service.start()
    odd = ["jörg@bücher.test", '"quo ted"@out.test', '"a>b"@out.test', "a+b=c@out.test", "-dash@out.test"]
    assert service.pipe(letter(), *odd) == (0, "")
    with store.session():
        wanted = {"jörg@xn--bcher-kva.test", *odd[1:]}
        assert {copy.address for copy in Copy.select()} == wanted


def test_octets_that_are_no_address_are_75(service, letter):
    service.start()
    done = subprocess.run([PIPE, "--socket", service.root / "l.sock", "--", b"\xff\xfe@out.test"], input=letter(),
                          capture_output=True, check=False, timeout=20)
    assert done.returncode == 75 and done.stdout.startswith(b"4.3.0 ") and done.stderr == b""


@pytest.mark.parametrize("message", [
    b"", b"\n", b".", b".\n", b"\r", b"\r\n", b"x", b"..\r\n.\r\n", b"a\r\r\n.\r\n", b"\0" * 10, b"\n.\n" * 5,
    b"x" * 65535 + b"\n.\n", b"x\r", b"\r\n.\r\nMAIL FROM:<evil@x.test>\r\n"])
def test_what_the_service_reads_is_what_came_in(tmp_path, message):
    """Line ends become CRLF, and no octet of a message can be taken for its end."""
    from sealgate_core.status import DELIVERED
    from sealgate_delivery import lmtp

    taken = []

    def accept(envelope, data):
        taken.append(data)
        return [DELIVERED] * len(envelope.recipients)

    server = lmtp.Server(str(tmp_path / "l.sock"), accept, 10**6)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    done = subprocess.run([PIPE, "--socket", tmp_path / "l.sock", "--", "a@out.test"], input=message, timeout=20,
                          capture_output=True, check=False)
    server.shutdown()
    server.server_close()
    wanted = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert done.returncode == 0 and taken in ([wanted], [wanted + b"\r\n"]), (done, sys.version)
