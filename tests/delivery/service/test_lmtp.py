"""LMTP conversations with the protocol alone: the message handler records, everything else is the shipped server."""

import socket
import threading

import pytest

from sealgate_core.status import DELIVERED, SOFTWARE
from sealgate_delivery import lmtp


class Talk:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(5)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def say(self, data, replies=1):
        self.socket.sendall(data)
        return [self.reply() for _ in range(replies)]

    def reply(self):
        while (line := self.file.readline())[3:4] == b"-":
            pass
        return line.decode().strip()


@pytest.fixture
def talk(tmp_path):
    taken = []

    def accept(envelope, message):
        taken.append((envelope, message))
        return [SOFTWARE if r.address.startswith("later") else DELIVERED for r in envelope.recipients]

    server = lmtp.Server(str(tmp_path / "l.sock"), accept, 200_000)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    made = Talk(str(tmp_path / "l.sock"))
    made.taken = taken
    assert made.reply().startswith("220")
    yield made
    made.socket.close()
    server.shutdown()
    server.server_close()


def test_lhlo_announces_what_postfix_needs(talk):
    talk.socket.sendall(b"LHLO x\r\n")
    lines = [talk.file.readline().decode().strip()[4:] for _ in range(8)]
    for word in ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "SIZE 200000"):
        assert word in lines
    assert lines[-1].startswith("XFORWARD ")


def test_pipelined_delivery_with_a_reply_a_recipient(talk):
    replies = talk.say(b"LHLO x\r\nXFORWARD IDENT=4XYZ NAME=a\r\nMAIL FROM:<j@acme.test> BODY=8BITMIME RET=HDRS\r\n"
                       b"RCPT TO:<a@out.test> ORCPT=rfc822;A@out.test NOTIFY=FAILURE\r\n"
                       b"RCPT TO:<later@out.test>\r\nDATA\r\n", 6)
    assert [r[:3] for r in replies] == ["250"] * 5 + ["354"]
    first, second = talk.say(b"Subject: x\r\n\r\n..dot\r\n.. two\r\n\xe4\r\n.\r\n", 2)
    assert first.startswith("250 2.1.5") and second.startswith("451 4.3.0")
    envelope, message = talk.taken[0]
    assert message == b"Subject: x\r\n\r\n.dot\r\n. two\r\n\xe4\r\n"
    assert envelope.sender == "j@acme.test" and envelope.queue_id == "4XYZ"
    assert envelope.recipients[0].parameters == "ORCPT=rfc822;A@out.test NOTIFY=FAILURE"


def test_smtputf8_and_odd_addresses_arrive_as_typed(talk):
    odd = ["jörg@bücher.test", '"quo ted"@out.test', "a@b@out.test", "User+Tag@Out.Test"]
    talk.say(b"LHLO x\r\nMAIL FROM:<> SMTPUTF8\r\n" + b"".join(f"RCPT TO:<{a}>\r\n".encode() for a in odd), 6)
    talk.say(b"DATA\r\n")
    talk.say(b"x\r\n.\r\n", 4)
    assert [r.address for r in talk.taken[0][0].recipients] == odd


def test_a_bare_line_feed_ends_nothing(talk):
    talk.say(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n", 4)
    talk.say(b"one\n.\nMAIL FROM:<evil@x.test>\r\n.\r\n")
    assert talk.taken[0][1] == b"one\n.\nMAIL FROM:<evil@x.test>\r\n" and len(talk.taken) == 1


@pytest.mark.parametrize("length", [65534, 65535, 65536, 65537])
def test_a_line_as_long_as_one_read_still_ends(talk, length):
    talk.say(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n", 4)
    assert talk.say(b"x" * length + b"\r\n.\r\n")[0].startswith("250")
    assert talk.taken[0][1] == b"x" * length + b"\r\n"


def test_oversize_is_temporary_and_the_session_goes_on(talk):
    talk.say(b"LHLO x\r\n")
    assert talk.say(b"MAIL FROM:<> SIZE=200001\r\n")[0].startswith("452 4.3.4")
    talk.say(b"MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n", 3)
    assert talk.say(b"0123456789\r\n" * 20_000 + b".\r\n")[0].startswith("452 4.3.4")
    assert talk.taken == [] and talk.say(b"NOOP\r\n")[0].startswith("250")


def test_wrong_order_and_garbage_are_refused_politely(talk):
    replies = talk.say(b"RCPT TO:<a@b>\r\nDATA\r\nMAIL FROM: nobody\r\nEVIL\r\n\xff\xfe\r\n__init__\r\n", 6)
    assert [r[:3] for r in replies] == ["503", "503", "501", "500", "500", "500"]
    assert talk.say(b"MAIL FROM:<>\r\nMAIL FROM:<>\r\nRSET\r\nVRFY x\r\nQUIT\r\n", 5)[-1].startswith("221")
    assert talk.taken == []


def test_a_line_without_end_closes_the_connection(talk):
    assert talk.say(b"MAIL FROM:<" + b"x" * 5000)[0].startswith("500")
    assert talk.file.read() == b""


def test_closed_in_mid_message_delivers_nothing(talk):
    talk.say(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n", 4)
    talk.socket.sendall(b"half")
    talk.socket.shutdown(socket.SHUT_WR)
    assert talk.file.read() == b"" and talk.taken == []
