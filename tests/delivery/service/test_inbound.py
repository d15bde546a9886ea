"""What becomes of a message, by what stands above its first Received line; on a real store."""

import pytest

from sealgate_delivery import notice, outbox_rows
from sealgate_delivery.inbound import Inbound, store_keys
from sealgate_delivery.lmtp import Envelope, Recipient
from sealgate_delivery.store import Audit, Copy, Domain, Member, Message, Outbox, Relayed


@pytest.fixture
def inbound(cloud):
    Domain.create(domain="acme.test", tenant="acme")
    Member.create(domain="acme.test", tenant="acme", host="127.0.0.1", port=25, tls_match="mx.acme.test")
    Member.create(domain="member.test", tenant="acme", host="127.0.0.1", port=26, tls_match="mx.member.test")
    settings = {
        "hostname": "cloud.test", "blobs": cloud.keys.blobs, "transit_keys": cloud.keys.transit, "dkim_key": "",
        "notice_from": "notice@portal.test", "portal_url": "https://portal.test", "direct_deadline": 100,
    }
    made = Inbound(settings, store_keys(settings, b"M" * 32, notice.composer(settings)))
    made.cloud = cloud
    return made


def send(inbound, data, *recipients, sender="jane@acme.test"):
    envelope = Envelope(sender, "", [Recipient(r) for r in recipients], "Q1")
    return [str(r)[:3] for r in inbound.accept(envelope, data.replace(b"\n", b"\r\n"))]


def test_kinds_of_mail_without_our_word_are_never_stored(inbound, letter):
    assert send(inbound, letter(peer=""), "a@out.test") == ["451"]
    forged = letter(peer="").replace(b"From:", b"X-Sealgate-Peer: v=1; tenant=acme; fp=x\nFrom:", 1)
    assert send(inbound, forged, "a@out.test") == ["451"]
    twice = b"X-Sealgate-Peer: v=1; tenant=acme; fp=x\n" + letter()
    assert send(inbound, twice, "a@out.test") == ["451"]
    assert send(inbound, letter(peer="stranger"), "a@out.test") == ["451"]
    assert send(inbound, b"", "a@out.test") == send(inbound, b"\0\xff" * 50, "a@out.test") == ["451"]
    assert Message.select().count() == Outbox.select().count() == 0


def test_same_stamp_other_content_is_another_message(inbound, letter):
    assert send(inbound, letter(), "a@out.test", "a@OUT.test") == ["250", "250"]
    assert send(inbound, letter(body=b"other\n"), "a@out.test") == ["250"]
    assert Message.select().count() == Copy.select().count() == 2


def test_a_member_that_leaves_between_two_tries_gets_no_second_copy(inbound, letter):
    send(inbound, letter(), "m@member.test")
    Member.delete().where(Member.domain == "member.test").execute()
    assert send(inbound, letter(), "m@member.test") == ["250"]
    assert Relayed.select().count() == 1 and Copy.select().count() == 0


def test_a_copy_that_comes_back_falls_to_the_portal_once(inbound, letter):
    send(inbound, letter(), "m@member.test")
    row = Outbox.get()
    back = f"X-Sealgate-Ticket: {row.id}\n".encode() + letter(peer="")
    assert send(inbound, back, "m@member.test") == send(inbound, back, "m@member.test") == ["250"]
    assert [(c.address, c.message_id) for c in Copy.select()] == [("m@member.test", row.subject_id)]
    assert Outbox.get_by_id(row.id).state == "portal"
    assert Outbox.select().where(Outbox.kind == "notice").count() == 1


def bounce(original, action="failed"):
    return (f"Received: x\nSubject: Undelivered\n\nReporting-MTA: dns; x\n\nOriginal-Recipient: rfc822;{original}\n"
            f"Final-Recipient: rfc822; a@b\nAction: {action}\n\nKey: SECRET-KEY quoted text\n").encode()


def dsns(inbound):
    keys = inbound.cloud.keys
    return [(r.recipient, outbox_rows.payload(r, keys.transit, keys.blobs))
            for r in Outbox.select().where(Outbox.kind == "dsn")]


def test_a_bounced_notice_tells_the_sender_and_quotes_nothing(inbound, letter):
    send(inbound, letter(), "a@out.test")
    row = Outbox.get()
    assert row.sender == f"notice+{row.id}@portal.test"
    for _ in range(2):
        assert send(inbound, bounce("a@out.test"), row.sender, sender="") == ["250"]
    assert Copy.get().state == "undeliverable"
    (recipient, mail), = dsns(inbound)
    assert recipient == "jane@acme.test" and b"a@out.test" in mail and b"multipart/report" in mail
    assert b"SECRET" not in mail and b"Plan" not in mail and b"<1@acme.test>" in mail


def test_a_bounced_message_is_told_in_our_words_and_a_success_is_not_a_failure(inbound):
    assert send(inbound, bounce("M@member.test", "delivered"), "jane@acme.test", sender="") == ["250"]
    assert send(inbound, bounce("M@member.test"), "x@nobody.test", sender="") == ["250"]
    assert dsns(inbound) == []
    assert send(inbound, bounce("M@member.test"), "jane@acme.test", sender="") == ["250"]
    (recipient, mail), = dsns(inbound)
    assert recipient == "jane@acme.test" and b"M@member.test" in mail and b"SECRET" not in mail
    assert Audit.select().where(Audit.event == "status-dropped").count() == 1


@pytest.mark.parametrize("extra", [
    b"Subject: =?utf-8?b?!!!?=\n", b"Subject: =?nope?q?x?=\n", b"From: " + b"(" * 20000 + b"\n",
    b"Content-Type: multipart/mixed; boundary=x\n", b"Subject: \xff\xfe\0\n", b"Subject: " + b"a " * 50000 + b"\n",
    b"From: =?utf-8?q?=0D=0ABcc=3A_x?= <jane@acme.test>\n"])
def test_a_strange_header_is_stored_all_the_same(inbound, letter, extra):
    data = letter(peer="acme").replace(b"From: Jane", extra + b"X-From: Jane")
    assert send(inbound, data, "a@out.test") == ["250"]
    keys = inbound.cloud.keys
    mail = outbox_rows.payload(Outbox.get(), keys.transit, keys.blobs)
    mail = mail.partition(b"\r\n\r\n")[0]
    assert b"\nBcc:" not in mail and mail.count(b"\r\nSubject:") + mail.startswith(b"Subject:") == 1
