"""sealgate-pipe, the running service, its store, and the mail it hands to Postfix; killed wherever it can be killed."""

import signal
import socket
import subprocess
import threading
import time

import pytest

from sealgate_core.address import ticket_of
from sealgate_delivery import store
from sealgate_delivery.store import Body, Copy, Message, Notice, Outbox, Relayed


def delivered(service):
    """Return `{ticket id: number of queue files that the map lets through}` for all that Postfix was given."""
    found = {}
    for _, line, _ in list(service.sink.mails):
        address = line[line.index("<") + 1 : line.index(">")]
        ticket = ticket_of(address)[0].partition("-")[0]
        answer = service.ask_map(f"transport {address}")
        found[ticket] = found.get(ticket, 0) + (not answer.startswith("OK discard"))
    return found


def settled(service, seconds=15):
    """Wait until the outbox has nothing left to hand over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with store.session():
            if not Outbox.select().where(Outbox.state == "waiting").exists():
                return True
        time.sleep(0.05)
    return False


def test_one_message_to_the_portal_and_to_a_member(service, letter):
    service.start()
    data = letter(body="Größe 5\n.\n..two\n".encode())
    assert service.pipe(data, "bob@out.test", "m@member.test") == (0, "")
    assert settled(service)
    assert service.pipe(data, "bob@out.test", "m@member.test", "late@out.test") == (0, "")  # a retry, split otherwise
    assert settled(service)
    with store.session():
        assert {c.address: c.state for c in Copy.select()} == {"bob@out.test": "noticed", "late@out.test": "noticed"}
        assert Message.select().count() == Relayed.select().count() == 1
    mails = {given[1].partition("<")[2].partition("@")[0]: given for given in service.sink.mails}
    assert len(service.sink.mails) == 3 and set(delivered(service).values()) == {1}
    sender, line, relayed = mails["m"]
    assert relayed.startswith(b"X-Sealgate-Ticket: ") and "ORCPT=rfc822;m@member.test" in line
    assert b"X-Sealgate-Peer" not in relayed and b"X-Sealgate:" not in relayed
    assert relayed.endswith("Größe 5\r\n.\r\n..two\r\n".encode()) and "<jane@acme.test>" in sender
    sender, line, notice = mails["bob"]
    assert sender.upper().startswith("MAIL FROM:<NOTICE+") and "NOTIFY=FAILURE" in line
    assert b"Plan" not in notice and b"result" not in notice and b"X-Sealgate" not in notice
    assert b'"Jane Roe via Acme Clinic" <notice@portal.test>' in notice or b"Jane Roe via Acme Clinic" in notice
    assert b"\r\nKey: " in notice and max(map(len, notice.split(b"\r\n\r\n")[1].splitlines())) < 100
    assert service.stop() == 0


def test_service_down_or_silent_or_talking_nonsense_is_75(service, letter):
    status, said = service.pipe(letter(), "bob@out.test")
    assert status == 75 and said.startswith("4.3.0 ") and said.count("\n") == 1
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(service.root / "l.sock"))
        listener.listen()
        status, said = service.pipe(letter(), "bob@out.test", timeout=1)
        assert status == 75 and "took too long" in said
        for greeting in (b"\xff\xfe\r\n", b"554 no\r\n", b"", b"x" * 70000):
            def answer(greeting=greeting):
                client, _ = listener.accept()
                with client:
                    client.sendall(greeting)
            listener.accept()[0].close() if greeting == b"\xff\xfe\r\n" else None
            thread = threading.Thread(target=answer)
            thread.start()
            status, said = service.pipe(letter(), "bob@out.test", timeout=5)
            thread.join(5)
            assert status == 75 and said.startswith("4.3.0 ")


@pytest.mark.parametrize("replies", [
    b"550 5.1.1 no\r\n", b"250 ok\r\n451 4.3.0 later\r\n", b"", b"250 ok\r\n", b"250 ok\r\n550-x\r\n550 5.0.0 no\r\n"])
def test_anything_but_done_for_everyone_is_75(service, letter, replies):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(service.root / "l.sock"))
        listener.listen()

        def answer():
            client, _ = listener.accept()
            with client:
                client.sendall(b"220 x\r\n250-a\r\n250 b\r\n" + b"250 ok\r\n" * 4 + b"354 go\r\n" + replies)
                while client.recv(65536).find(b"\r\n.\r\n") < 0:
                    pass
                client.shutdown(socket.SHUT_WR)
                client.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        status, said = service.pipe(letter(), "a@out.test", "b@out.test", timeout=5)
        thread.join(5)
    assert status == 75 and said.startswith("4.3.0 ") and said.count("\n") == 1


def test_pipe_misused_is_75_without_a_traceback(service, letter):
    for words in ([], ["--nonsense"], ["--sender"], ["--timeout", "x", "--", "a@b"], ["--", "a@b\nDATA"]):
        done = subprocess.run([service_pipe(), *words], input=letter(), capture_output=True, timeout=20, check=False)
        assert done.returncode == 75 and done.stdout.startswith(b"4.3.0 ") and done.stderr == b""
    closed = subprocess.run(["sh", "-c", f"{service_pipe()} -- a@b <&- >&-"], timeout=20, check=False)
    assert closed.returncode == 75


def service_pipe():
    from pathlib import Path

    return str(Path(__file__).resolve().parents[3] / "delivery/sealgate-pipe")


def test_killed_at_every_point_one_copy_one_notice_one_relay(service, letter):
    """Count the points of a delivery and its hand-over, then die at each in turn, on one message after the other."""
    trace = service.root / "trace"
    service.start(SEALGATE_CRASH_TRACE=str(trace))
    assert service.pipe(letter(), "bob@out.test", "m@member.test")[0] == 0
    assert settled(service)
    service.stop()
    points = trace.read_text().split()
    assert {"blob.durable", "outbox.inserted", "relay.commit", "outbox.settled"} <= set(points)
    # After the first message the hour has its transit key, so its points do not come again.
    points = [point for point in points if not point.startswith("transit.")]
    for number, point in enumerate(points, 1):
        stamp = f"22222222-2222-4333-8444-{number:012d}"
        data = letter(stamp=stamp)
        service.start(SEALGATE_CRASH_AT=f"*:{number}")
        first = service.pipe(data, "bob@out.test", "m@member.test")[0]
        assert service.process.wait(5) == -signal.SIGKILL, point
        with store.session():
            Outbox.update(not_before=0).execute()  # what would be tried again in a while is due now
        service.start()
        if first:
            assert first == 75
            assert service.pipe(data, "bob@out.test", "m@member.test")[0] == 0
        assert settled(service)
        with store.session():
            message = Message.get(Message.stamp == stamp)
            assert Copy.select().where(Copy.message == message).count() == 1
            assert Relayed.select().where(Relayed.message == message).count() == 1
        if number < len(points):
            service.process.send(signal.SIGKILL)
            service.process.wait(5)
    assert set(delivered(service).values()) == {1}
    with store.session():
        assert Notice.select().count() == Copy.select().count() == len(points) + 1
        assert set(delivered(service)) == {row.id for row in Outbox.select()}
        assert Body.select().count() == Copy.select().count()


def test_postfix_down_then_up(service, letter):
    service.sink.refuse = "451 4.3.0 later"
    service.start()
    assert service.pipe(letter(), "bob@out.test")[0] == 0
    time.sleep(0.5)
    with store.session():
        row = Outbox.get()
        assert row.state == "waiting" and row.attempts >= 1 and row.not_before > store.now()
        assert Copy.get().state == "accepted"
        Outbox.update(not_before=0).execute()
    service.sink.refuse = ""
    assert settled(service)
    (_, line, _), = service.sink.await_mails(1)
    assert ticket_of(line.partition("<")[2].partition(">")[0])[0] != f"{row.id}-1"
