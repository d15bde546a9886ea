"""A recipient's answer: one clean message whatever was typed, queued over verified TLS for the sender alone."""

import email
import email.policy
from email.header import decode_header, make_header

import pytest

from sealgate_delivery import outbox_rows, reply
from sealgate_delivery.store import Copy, Message, Outbox

SETTINGS = {"hostname": "cloud.test", "notice_from": "notice@post.test"}
ORIGINAL = Message(sender="jane@acme.test", message_id="<1@acme.test>")
COPY = Copy(address="bob@out.test")


def compose(name="Bob", subject="Re: plan", text="Thank you.\n", attachments=(), original=ORIGINAL, copy=COPY):
    mail = reply.compose(original, copy, name, subject, text, attachments, SETTINGS)
    return mail, email.message_from_bytes(mail, policy=email.policy.default)


def test_an_answer_refers_to_the_original_and_keeps_the_thread_secure():
    mail, message = compose()
    assert message["From"] == "Bob <bob@out.test>" and message["To"] == "jane@acme.test"
    assert message["In-Reply-To"] == message["References"] == "<1@acme.test>"
    assert message["Message-ID"].startswith("<sealgate.") and message["Message-ID"].endswith("@cloud.test>")
    assert message.get_content() == "Thank you.\r\n" and b"\n" not in mail.replace(b"\r\n", b"")


def test_names_and_text_beyond_ascii():
    name = "Jörg Müller-Lüdenscheidt, Facharzt für Allgemeinmedizin"
    mail, message = compose(name, "Größe", "Grüße\r\n€\n")
    # Python's newer parser keeps the space between two encoded words; RFC 2047 section 6.2 drops it.
    raw = email.message_from_bytes(mail)["From"]
    assert str(make_header(decode_header(raw))) == f"{name} <bob@out.test>"
    assert message["From"].addresses[0].addr_spec == "bob@out.test"
    assert message["Subject"] == "Größe" and message.get_content() == "Grüße\r\n€\r\n"


@pytest.mark.parametrize("typed", [
    "x\r\nBcc: v@x.test", "x\nX-Evil: 1", "x\r\n\r\nbody", "\0", "x\u2028Bcc: v@x.test", '"x" <boss@bank.test>,', "",
    "=?utf-8?q?x=0D=0ABcc=3A_v?=", "é" * 3000, "x\x85Bcc: a"])
def test_nothing_typed_becomes_a_field(typed):
    _, plain = compose()
    for mail, message in (compose(name=typed), compose(subject=typed), compose(attachments=[(typed, "a/b", b"x")])):
        # A message with an attachment has no encoding of its own.
        assert set(message.keys()) | {"Content-Transfer-Encoding"} == set(plain.keys())
        assert [a.addr_spec for a in message["From"].addresses] == ["bob@out.test"]
        assert all(len(line) <= 998 for line in mail.split(b"\r\n"))


def test_a_hostile_original_adds_no_field():
    _, plain = compose()
    _, message = compose(original=Message(sender="j@a.test\r\nBcc: x@y", message_id="<1>\r\nX-Evil: 1"),
                         copy=Copy(address="b@o.test\r\nX-Evil: 2"))
    assert message.keys() == plain.keys()


@pytest.mark.parametrize(("kind", "wanted"), [
    ("application/pdf", "application/pdf"), ("image/svg+xml", "image/svg+xml"), ("text/csv; charset=x", "text/csv"),
    ("text/html", "text/html"), ("multipart/mixed", "application/octet-stream"), ("x", "application/octet-stream"),
    ("message/rfc822", "application/octet-stream"), ("a/b\r\nX-Evil: 1", "application/octet-stream"),
    ("é/ü", "application/octet-stream"), ("", "application/octet-stream"),
])
def test_attachments_arrive_octet_by_octet(kind, wanted):
    content = bytes(range(256)) + b"\r\n.\r\n"
    _, message = compose(attachments=[("Befund Müller.pdf", kind, content), ("2", kind, b"")])
    first, second = message.iter_attachments()
    assert first.get_content_type() == wanted and first.get_filename() == "Befund Müller.pdf"
    assert first.get_payload(decode=True) == content and second.get_payload(decode=True) == b""


def send(cloud, copy):
    settings = {**SETTINGS, "transit_keys": cloud.keys.transit, "blobs": cloud.keys.blobs}
    return reply.send_reply(copy, "Bob", "Re: plan", "Thanks.\n", [("a.bin", "a/b", bytes(400_000))], settings)


def test_queued_once_for_the_sender_by_the_direct_way(cloud):
    (copy,) = cloud.deposit("bob@out.test")
    Copy.update(state="opened").execute()
    row = send(cloud, Copy.get_by_id(copy.id))
    assert (row.kind, row.path, row.recipient, row.deadline) == ("reply", "direct", "jane@acme.test", 0)
    assert row.sender == f"reply+{row.id}@post.test" and Copy.get_by_id(copy.id).replied
    assert b"Thanks." in outbox_rows.payload(row, cloud.keys.transit, cloud.keys.blobs)


def test_nobody_to_answer(cloud):
    (copy,) = cloud.deposit("bob@out.test")
    Message.update(sender="").execute()
    with pytest.raises(reply.NoReplyWay):
        send(cloud, Copy.get_by_id(copy.id))
    assert not Outbox.select().where(Outbox.kind == "reply").exists()
