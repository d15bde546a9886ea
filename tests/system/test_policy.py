"""What a policy brings about besides the tunnel, on a real Postfix: holding, telling, copying, and quiet subjects."""

import contextlib
import json
import signal
from email import message_from_bytes
from email.policy import default

import pytest
from lab.mail import arrives, found, message, until

pytestmark = pytest.mark.root

RULES = """
mode = "enforce"
[tests.wish]
subject = "[clear]"
[tests.falcon]
words = ["falcon"]
[tests.ssn]
detector = "us-ssn"
[tests.partner]
recipient = "partner@outside.test"

[[rules]]
name = "wish"
when = "wish"
then = "clear"

[[rules]]
name = "hold-falcon"
when = "falcon"
then = "hold"
veto = true

[[rules]]
name = "personal-number"
when = "ssn"
then = ["secure", "notify-sender"]
bcc = ["archive@acme.test", "archive@outside.test"]
notify = ["security@acme.test"]
veto = "notify-sender"
"""


@contextlib.contextmanager
def policy(stack, text):
    gateway = stack.gateway
    before = gateway.policy.read_bytes()

    def load(octets):
        seen = gateway.milter.log.stat().st_size
        gateway.policy.write_bytes(octets)
        gateway.milter.send(signal.SIGHUP)
        until(lambda: b"ready, " in gateway.milter.log.read_bytes()[seen:], what=gateway.milter.log.read_text())

    load(text.encode())
    try:
        yield
    finally:
        load(before)


@pytest.fixture
def ruled(stack):
    """The lab under `RULES`, in both modes."""
    with policy(stack, RULES):
        yield stack


def held(stack, marker):
    """Return the ids of messages in the hold queue that carry the marker."""
    instance = stack.gateway.instance
    entries = [json.loads(line) for line in instance.command("postqueue", "-j").splitlines()]
    ids = [entry["queue_id"] for entry in entries if entry["queue_name"] == "hold"]
    return [queue_id for queue_id in ids if marker in instance.command("postcat", "-q", queue_id)]


def told(stack, address, *texts):
    """Return the notices to an address of ours, parsed."""
    notices = found(stack.gateway.mail, f"To: <{address}>\n", "This is an automatic notice", *texts)
    return [message_from_bytes(raw, policy=default) for raw in notices]


def test_held_mail_is_in_the_hold_queue_and_the_sender_is_told_once(ruled, marker):
    sender = f"jane-{marker[-8:]}@acme.test"
    mail = message(f"secret {marker}", f"{marker} falcon 219-09-9999\n", sender, ["abe@outside.test"])
    ruled.send(mail, ["abe@outside.test", "bob@acme.test"], sender=sender)
    until(lambda: held(ruled, marker))
    (notice,) = until(lambda: told(ruled, sender))
    assert notice["Auto-Submitted"] == "auto-replied"
    assert notice["Return-Path"] == "<>"
    assert notice["In-Reply-To"] == mail["Message-ID"]
    text = notice.get_content()
    assert "hold-falcon" in text
    assert "abe@outside.test" in text
    raw = notice.as_bytes()
    assert not [word for word in (b"219-09", b"secret", b"falcon ", marker.encode()) if word in raw]

    # The same message once more, as after a failed end-of-message: it is held, but not told of again.
    ruled.send(mail, ["abe@outside.test"], sender=sender)
    until(lambda: len(held(ruled, marker)) == 2)
    assert found(ruled.gateway.mail, marker) == []
    for queue_id in held(ruled, marker):
        ruled.gateway.instance.command("postsuper", "-H", queue_id)
    ruled.gateway.instance.flush()
    # Released, the copies go as the rules after the holding one say.
    arrives(ruled.gateway.mail, marker)
    arrives(ruled.outside.mail, "To: <abe@outside.test>", "\nKey: ")
    assert found(ruled.outside.mail, marker) == []
    assert len(told(ruled, sender)) == 1


def test_requeued_held_mail_is_held_again(gate_stack, marker):
    with policy(gate_stack, RULES):
        gate_stack.send(message("x", f"{marker} falcon\n", to=["abe@outside.test"]), ["abe@outside.test"])
        (first,) = until(lambda: held(gate_stack, marker))
        gate_stack.gateway.instance.command("postsuper", "-r", first)
        (again,) = until(lambda: set(held(gate_stack, marker)) - {first})
        gate_stack.gateway.instance.command("postsuper", "-d", again)
    assert found(gate_stack.outside.mail, marker) == []


def test_copies_and_notices_of_secure_mail_say_nothing_in_clear(ruled, marker):
    sender = f"joe-{marker[-8:]}@acme.test"
    mail = message(f"[clear] {marker}", f"{marker} 219-09-9999\n", sender, ["abe@outside.test"])
    ruled.send(mail, ["abe@outside.test"], sender=sender)
    archived = message_from_bytes(arrives(ruled.gateway.mail, marker, "archive@acme.test"), policy=default)
    # The wish was not granted, so its tag goes, too.
    assert archived["Subject"] == marker
    for address in ("abe@outside.test", "archive@outside.test"):
        arrives(ruled.outside.mail, f"To: <{address}>", "\nKey: ")
    assert found(ruled.outside.mail, marker) == []
    (notice,) = until(lambda: told(ruled, sender))
    assert "does not grant" in notice.get_content()
    (watched,) = until(lambda: told(ruled, "security@acme.test", sender))
    assert watched["Auto-Submitted"] == "auto-generated"
    for one in (notice, watched):
        assert not [word for word in (b"219-09", marker.encode(), b"archive@") if word in one.as_bytes()]


def test_a_wish_that_no_veto_meets_is_granted(ruled, marker):
    ruled.send(message(f"[clear] {marker}", "lunch?", to=["abe@outside.test"]), ["abe@outside.test"])
    arrives(ruled.outside.mail, marker)


def test_what_leaves_in_clear_does_not_name_the_rule(stack, marker):
    rules = '[[rules]]\nname = "merger"\nto = "abe@outside.test"\nthen = "secure"\n'
    rules += '[[rules]]\nname = "merger-waits"\nto = "hal@outside.test"\nthen = "hold"\n'
    with policy(stack, rules):
        for address in ("bea@outside.test", "hal@outside.test"):
            stack.send(message("x", f"{address} {marker}", to=[address]), ["abe@outside.test", address])
        (queue_id,) = until(lambda: held(stack, marker))
        assert "rule=merger-waits" in stack.gateway.instance.command("postcat", "-q", queue_id)
        stack.gateway.instance.command("postsuper", "-H", queue_id)
        stack.gateway.instance.flush()
        for address in ("bea@outside.test", "hal@outside.test"):
            assert b"X-Sealgate" not in arrives(stack.outside.mail, f"{address} {marker}")


def test_a_secret_in_the_subject_shows_in_no_notice_and_a_member_gets_the_original(stack, marker):
    secret = "Jane Roe 219-09-9999"
    address = f"sue-{marker[-8:]}@outside.test"
    mail = message(f"{secret} {marker}", "see above", to=[address, "tim@member.test"])
    stack.send(mail, [address, "tim@member.test"])
    assert f"Subject: {secret} {marker}".encode() in arrives(stack.member.mail, marker)
    notice = arrives(stack.outside.mail, f"To: <{address}>", "\nKey: ")
    assert b"219-09" not in notice
    assert found(stack.outside.mail, marker) == []


def test_a_secret_in_the_subject_shows_in_no_report(milter_stack, marker):
    stack, address = milter_stack, f"gone-{marker[-8:]}@outside.test"
    sender = f"ina-{marker[-8:]}@acme.test"
    outside = stack.outside.instance
    before = (outside.conf / "main.cf").read_text()
    outside.add_main(f"smtpd_recipient_restrictions = check_recipient_access inline:{{{address}=REJECT}}")
    outside.reload()
    try:
        mail = message(f"Jane Roe 219-09-9999 {marker}", "see above", sender, [address])
        stack.send(mail, [address], sender=sender)
        report = arrives(stack.gateway.mail, f"To: <{sender}>", "Undelivered confidential message", address)
    finally:
        (outside.conf / "main.cf").write_text(before)
        outside.reload()
    assert b"219-09" not in report
    assert marker.encode() not in report
