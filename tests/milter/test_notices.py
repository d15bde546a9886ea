"""Notices: who is told what, that nothing of the message is in them, and that each is sent once."""

import contextlib
import email.policy
import os
import signal
import socketserver
import threading
import time
from email import message_from_bytes

import pytest
from conftest import POLICY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate_milter.message import Message
from sealgate_milter.notices import Notice, dropped, notices
from sealgate_milter.outbox import Outbox
from sealgate_milter.recipient_memory import RecipientMemory
from sealgate_milter.transaction import Transaction
from sealgate_milter.verdict import Action, Decision, Effect

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
KEY = bytes(range(32))
HEADER = [
    (b"From", b"jane@corp.test"),
    (b"Subject", b"secret 219-09-9999"),
    (b"Date", b"Mon, 23 Nov 2026 10:00:00 +0000"),
    (b"Message-ID", b"<1@corp.test>"),
]
HELD = Decision(Action.HOLD, "falcon", effects=(Effect("falcon", tell_sender=True),))
TOLD = Decision(Action.SECURE, "PHI", effects=(Effect("PHI", tell_sender=True, tell=("soc@corp.test",)),))


def made(decisions, sender="<jane@corp.test>", header=HEADER):
    transaction = Transaction(sender, 10**6)
    transaction.header = list(header)
    transaction.add_body(b"the body says 219-09-9999\r\n")
    return notices(transaction, decisions, "digest", frozenset({"corp.test"}), "corp.test")


def read(notice):
    return message_from_bytes(notice.mail, policy=email.policy.default)


def lines(mail):
    return mail.get_content().replace("\r\n", "\n")


def test_the_sender_of_held_mail_is_told_what_waits():
    others = {"v@ext.test": Decision(Action.SECURE, "PHI"), "i@corp.test": Decision(Action.CLEAR)}
    (notice,) = made({"u@ext.test": HELD, **others})
    mail = read(notice)
    assert notice.to == "jane@corp.test"
    assert mail["To"] == "jane@corp.test"
    assert mail["Subject"] == "Your message was held"
    assert mail["In-Reply-To"] == "<1@corp.test>"
    assert mail["Auto-Submitted"] == "auto-replied"
    text = lines(mail)
    assert "Held. It waits" in text
    assert "    u@ext.test\nRule of the policy: falcon\n" in text
    assert "v@ext.test" not in text
    assert "Mon, 23 Nov 2026 10:00:00 +0000" in text
    assert "219" not in notice.mail.decode()
    assert max(map(len, text.splitlines())) < 100


def test_the_sender_of_dropped_mail_is_told_for_good():
    def drop(sender, *more):
        transaction = Transaction(sender, 10**6)
        transaction.header = [*HEADER, *more]
        ours = frozenset({"corp.test"})
        return dropped(transaction, ["u@ext.test", "i@corp.test"], "falcon", "digest", ours, "corp.test")

    (notice,) = drop("<jane@corp.test>")
    mail, (held,) = read(notice), made({"u@ext.test": HELD})
    assert (notice.to, mail["Subject"]) == ("jane@corp.test", "Your message was dropped")
    assert notice.about != held.about
    text = lines(mail)
    assert "It is not delivered:\n    u@ext.test\n    i@corp.test\nRule of the policy: falcon" in text
    assert "waits" not in text
    assert "219" not in notice.mail.decode()
    assert drop("<>") == drop("<x@else.test>") == drop("<jane@corp.test>", (b"Precedence", b"bulk")) == []


def test_others_are_told_who_sent_and_what_became_of_it():
    sender, watcher = made({"u@ext.test": TOLD, "v@ext.test": TOLD})
    assert (sender.to, watcher.to) == ("jane@corp.test", "soc@corp.test")
    mail = read(watcher)
    assert mail["Subject"] == "A message was sent securely"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = lines(mail)
    assert "From: jane@corp.test" in text
    assert "    u@ext.test\n    v@ext.test\nRule of the policy: PHI" in text
    assert sender.about != watcher.about


def test_a_vetoed_wish_is_explained():
    vetoed = Decision(Action.SECURE, "PHI", vetoed="wish", effects=(Effect("PHI", tell_sender=True),))
    (notice,) = made({"u@ext.test": vetoed})
    assert "asked for clear text" in read(notice).get_content()


def test_of_rejected_mail_others_are_told_and_the_sender_hears_it_from_postfix():
    effects = (Effect("no", tell_sender=True, tell=("soc@corp.test",)),)
    (notice,) = made({"u@ext.test": Decision(Action.REJECT, "no", effects=effects)})
    assert notice.to == "soc@corp.test"
    assert "Rejected" in read(notice).get_content()


@pytest.mark.parametrize(
    ("sender", "more"),
    [
        ("<>", ()),
        ("", ()),
        ("<x@else.test>", ()),
        ("<jane@corp.test>", [(b"Auto-Submitted", b"auto-replied; x=y")]),
        ("<jane@corp.test>", [(b"auto-submitted", b" Auto-Generated")]),
        ("<jane@corp.test>", [(b"Precedence", b"Bulk")]),
        ("<jane@corp.test>", [(b"List-Id", b"<x>")]),
    ],
)
def test_bounces_programs_lists_and_strangers_are_never_told(sender, more):
    assert made({"u@ext.test": HELD}, sender, [*HEADER, *more]) == []


def test_a_person_is_told_although_the_header_says_no():
    assert made({"u@ext.test": HELD}, header=[*HEADER, (b"Auto-Submitted", b"no")])


@pytest.mark.parametrize("sender", ["a\r\nRCPT TO:<x>@corp.test", "\udcff@corp.test", "a b@corp.test", "<>@corp.test"])
def test_senders_that_no_command_can_carry_are_not_told(sender):
    assert made({"u@ext.test": HELD}, f"<{sender}>") == []


def test_many_recipients_are_counted():
    (notice,) = made({f"u{number}@ext.test": HELD for number in range(50)})
    text = lines(read(notice))
    assert text.count("@ext.test") == 20
    assert "and 30 more" in text


@pytest.mark.parametrize(
    "header",
    [
        [(b"Date", b"\xff" * 5000), (b"Message-ID", b"<a@b>\r\nBcc: x@y.test")],
        [(b"Date", b"Mon, 99 Nov 99999 99:99:99 +9999"), (b"Message-ID", b"<" + b"x" * 5000 + b">")],
        [(b"Date", b"1 Jan 1"), (b"Message-ID", b"<\xe9@b>")],
        [],
    ],
)
def test_hostile_headers_stay_out(header):
    (notice,) = made({"ü@ext.test": HELD, "a\r\nBcc: x\udcff@ext.test": HELD}, header=header)
    mail = read(notice)
    assert "Bcc" not in mail
    assert "In-Reply-To" not in mail
    assert "ü@ext.test" in mail.get_content()
    assert all(len(line) < 998 for line in notice.mail.splitlines())


def test_a_sender_with_a_non_ascii_address_is_told():
    (notice,) = made({"u@ext.test": HELD}, "<jörg@corp.test>")
    assert "To: <jörg@corp.test>" in notice.mail.decode("utf-8")


@calmly
@given(st.text(max_size=80), st.text(max_size=80), st.binary(max_size=200))
def test_no_address_and_no_header_breaks_a_notice(local, recipient, value):
    header = [(name, value) for name in (b"Date", b"Message-ID", b"Auto-Submitted", b"Precedence")]
    for notice in made({f"{recipient}@ext.test": HELD, recipient: TOLD}, f"<{local}@corp.test>", header):
        head, _, _ = notice.mail.partition(b"\r\n\r\n")
        assert 10 <= len(head.split(b"\r\n")) <= 12
        assert b"\n" not in notice.mail.replace(b"\r\n", b"")
        assert b"\r" not in notice.mail.replace(b"\r\n", b"")


class Sink(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it gets; `answer` is what it says to RCPT."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mail: list[tuple[str, str, str]] = []
        self.answer = b"250 ok"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class _Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        sender = recipient = ""
        for raw in self.rfile:
            line = raw.decode().strip()
            answer = b"250 ok"
            if line.upper().startswith("EHLO"):
                answer = b"250-sink\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n250 DSN"
            elif line.upper().startswith("MAIL"):
                sender = line.partition(":")[2]
            elif line.upper().startswith("RCPT"):
                recipient, answer = line.partition(":")[2], self.server.answer
            elif line.upper() == "DATA":
                self.wfile.write(b"354 go\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mail.append((sender, recipient, b"".join(lines).decode()))
            self.wfile.write(answer + b"\r\n")


@pytest.fixture
def sink():
    with Sink() as server:
        yield server
        server.shutdown()


def eventually(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def outbox(tmp_path, sink, monkeypatch):
    monkeypatch.setattr("sealgate_milter.outbox._SETTLES", 0)
    return Outbox(tmp_path / "state.db", KEY, "127.0.0.1", sink.port, "gw.corp.test")


NOTICE = Notice("jane@corp.test", ("jane@corp.test", "digest"), b"Subject: x\r\n\r\nheld\r\n")


def test_a_notice_is_sent_once_with_an_empty_sender(outbox, sink):
    outbox.put([NOTICE])
    outbox.deliver()
    outbox.put([NOTICE])
    outbox.deliver()
    ((sender, recipient, mail),) = sink.mail
    assert sender.split()[0] == "<>"
    assert recipient == "<jane@corp.test> NOTIFY=NEVER"
    assert mail.endswith("held\r\n")
    assert b"held" not in (outbox.path).read_bytes()
    assert b"jane@" not in (outbox.path).read_bytes()


def test_two_workers_send_a_notice_once(outbox, sink):
    outbox.put([NOTICE, Notice("bob@corp.test", ("bob",), NOTICE.mail)])
    workers = [threading.Thread(target=outbox.deliver) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(recipient for _, recipient, _ in sink.mail) == [
        "<bob@corp.test> NOTIFY=NEVER", "<jane@corp.test> NOTIFY=NEVER",
    ]  # fmt: skip


def test_what_fails_for_now_is_tried_again_and_what_is_refused_is_not(outbox, sink, monkeypatch):
    clock = [2_000_000_000]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    outbox.put([NOTICE])
    sink.answer = b"451 later"
    outbox.deliver()
    sink.answer = b"250 ok"
    outbox.deliver()
    assert sink.mail == []
    clock[0] += 100
    outbox.deliver()
    assert len(sink.mail) == 1
    outbox.put([Notice("bob@corp.test", ("bob",), NOTICE.mail)])
    sink.answer = b"550 no"
    outbox.deliver()
    sink.answer = b"250 ok"
    clock[0] += 100_000
    outbox.deliver()
    assert len(sink.mail) == 1


def test_without_a_server_the_notice_stays(outbox, sink, monkeypatch):
    outbox.put([NOTICE])
    sink.shutdown()
    sink.server_close()
    outbox.deliver()
    outbox.deliver()
    outbox.sweep()
    assert b"held" in b"".join(path.read_bytes() for path in outbox.path.parent.glob("state.db*"))


def message(number, sender="jane@corp.test", subject=b"x"):
    header = ((b"Subject", subject), (b"Message-ID", b"<%d@corp.test>" % number))
    return Message(sender, (), header, b"text\r\n")


def test_who_wrote_to_whom_is_remembered_and_the_first_message_stays_the_first(tmp_path):
    memory = RecipientMemory(tmp_path / "state.db", KEY)
    first = message(1)
    assert not memory.known(first, "u@ext.test", anyone=False)
    memory.remember(first, ["u@ext.test"])
    assert not memory.known(first, "u@ext.test", anyone=False)
    assert not memory.known(message(1, subject=b"[secure] x"), "u@ext.test", anyone=True)
    assert memory.known(message(2), "U@Ext.Test", anyone=False)
    assert not memory.known(message(2), "v@ext.test", anyone=True)
    assert not memory.known(message(2, "bob@corp.test"), "u@ext.test", anyone=False)
    assert memory.known(message(2, "bob@corp.test"), "u@ext.test", anyone=True)
    memory.remember(message(2), ["u@ext.test"])
    memory.sweep()
    assert memory.known(message(3), "u@ext.test", anyone=False)
    assert not memory.known(first, "u@ext.test", anyone=False)
    assert b"ext.test" not in memory.path.read_bytes()


PLAIN = [("From", "a@corp.test"), ("Subject", "hello"), ("Message-ID", "<2@corp.test>")]
RULES = (
    POLICY
    + '[[rules]]\nname = "late"\nwhen = "new"\nthen = "secure"\n'
    + '[tests.new]\nfirst_time_recipient = true\n[tests.stop]\nwords = ["stopword"]\n'
)
STOP = '[[rules]]\nname = "stop"\nwhen = "stop"\nthen = "{then}"\nnotify = "soc@corp.test"\n{more}\n'


@pytest.fixture
def ruled(daemon, sink):
    def start(then="hold", more=""):
        one = daemon(workers=2, notice_smtp=f"127.0.0.1:{sink.port}")
        one.policy.write_text(RULES.replace("[[rules]]", STOP.format(then=then, more=more) + "[[rules]]", 1))
        one.reload()
        return one

    return start


def send(daemon, body=b"stopword\r\n", header=PLAIN, recipients=("<u@ext.test>", "<i@corp.test>")):
    with daemon.client() as client:
        return client.message("<a@corp.test>", recipients, header, body)


def test_held_mail_is_quarantined_and_told_of_once(ruled, sink):
    one = ruled()
    for _ in range(3):
        answer = send(one)
        assert answer.reply == "continue"
        assert answer.of("quarantine") == [("rule stop",)]
        assert answer.of("delrcpt") == [("<u@ext.test>",)]  # it is secure once it is released: the recipient is new
        assert answer.of("addrcpt")[0][0] == "<u@ext.test.hold.sealgate.invalid>"
    eventually(lambda: len(sink.mail) == 2)
    time.sleep(0.5)
    assert sorted(recipient.split()[0] for _, recipient, _ in sink.mail) == ["<a@corp.test>", "<soc@corp.test>"]
    assert "told=2" in one.log.read_text()
    assert "stopword" not in "".join(mail for _, _, mail in sink.mail)


def test_a_notice_outlives_the_worker_that_made_it(ruled, sink):
    one = ruled()
    send(one)
    for worker in one.workers():
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    eventually(lambda: len(sink.mail) == 2, 60)


def test_rejected_mail_is_refused_and_the_others_are_told(ruled, sink):
    assert send(ruled("reject")).reply.startswith("550 5.7.1")
    eventually(lambda: len(sink.mail) == 1)
    assert sink.mail[0][1].startswith("<soc@corp.test>")


def test_the_first_message_to_somebody_is_secure_however_often_it_comes(ruled):
    one = ruled()
    for _ in range(2):
        assert send(one, b"hi\r\n").of("addrcpt")[0][0] == "<u@ext.test.sealgate.invalid>"
    other = [*PLAIN[:2], ("Message-ID", "<3@corp.test>")]
    assert send(one, b"hi\r\n", other).changes == []
    assert send(one, b"hi\r\n", other, ["<v@ext.test>"]).of("addrcpt")


def test_copies_are_added_and_observing_changes_nothing(ruled, sink):
    one = ruled("secure", 'bcc = ["w@ext.test", "archive@corp.test"]')
    added = [recipient for recipient, *_ in send(one).of("addrcpt")]
    assert added == ["<u@ext.test.sealgate.invalid>", "<w@ext.test.sealgate.invalid>", "<archive@corp.test>"]
    eventually(lambda: len(sink.mail) == 1)
    one.policy.write_text(one.policy.read_text().replace("enforce", "observe"))
    one.reload()
    assert send(one, header=[*PLAIN[:2], ("Message-ID", "<9@corp.test>")]).changes == []
    time.sleep(0.5)
    assert len(sink.mail) == 1


def test_a_directory_that_never_answered_makes_mail_wait_unless_we_only_watch(daemon):
    one = daemon(workers=1)
    group = one.folder / "group.toml"
    group.write_text(f'server = ["ldap://127.0.0.1:1"]\ntimeout = 1\ncache = "{one.folder}"\n')
    group.chmod(0o644)
    rules = '[tests.law]\nrecipient = "ldap:group.toml"\n[[rules]]\nname = "law"\nwhen = "law"\nthen = "secure"\n'
    one.policy.write_text(f'mode = "enforce"\n{rules}')
    one.reload()
    assert send(one).reply.startswith("451 4.7.1")
    one.policy.write_text(f'mode = "observe"\n{rules}')
    one.reload()
    assert send(one).reply == "continue"
    assert "observed=unjudged" in one.log.read_text()
    assert "ldap:group.toml has not answered yet" in one.log.read_text()
