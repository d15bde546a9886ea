"""What becomes of a message, by what stands above its first Received line; on a real store."""

import email
import resource
import signal
import uuid

import pytest

from sealgate_delivery import notice, outbox_rows, store, tenant_keys
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


def test_a_report_about_a_relayed_message_names_it(inbound, letter):
    send(inbound, letter(), "m@member.test")
    ticket = f"m@member.test.{Outbox.get().id}-1.direct.sealgate.invalid".encode()
    text = bounce("m@member.test").replace(b"a@b", ticket)
    assert send(inbound, text, "jane@acme.test", sender="") == ["250"]
    (_, mail), = dsns(inbound)
    assert b"<1@acme.test>" in mail and b"direct.sealgate" not in mail


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


def stored(inbound):
    return Message.select().count(), Copy.select().count(), Outbox.select().count(), Relayed.select().count()


def blobs(inbound):
    return [path for path in inbound.cloud.keys.blobs.rglob("*") if path.is_file()]


def test_a_forged_field_below_received_names_nobody_and_is_not_kept(inbound, letter):
    forged = b"X-Sealgate-Peer: v=1; tenant=other; fp=x\nx-sealgate-ticket : 00\nX-Sealgate-Evil: 1\n"
    assert send(inbound, letter(extra=forged), "a@out.test", "m@member.test") == ["250", "250"]
    keys = inbound.cloud.keys
    relayed = outbox_rows.payload(Outbox.get(Outbox.kind == "relay"), keys.transit, keys.blobs)
    assert b"sealgate" not in relayed.lower() and relayed.startswith(b"Received: ")
    assert Message.get().tenant_id == "acme"


def test_a_mixed_message_is_one_message_with_two_ways(inbound, letter):
    addresses = ["a@out.test", "m@member.test", "M@MEMBER.test", "m@MEMBER.test", "b@out.test"]
    assert send(inbound, letter(), *addresses) == ["250"] * 5
    assert stored(inbound) == (1, 2, 4, 2)
    assert send(inbound, letter(), *addresses, "c@out.test") == ["250"] * 6
    assert stored(inbound) == (1, 3, 5, 2)


def test_a_member_that_joins_between_two_tries_gets_no_second_copy(inbound, letter):
    send(inbound, letter(), "a@new.test")
    Member.create(domain="new.test", tenant="acme", host="127.0.0.1", port=27, tls_match="mx.new.test")
    assert send(inbound, letter(), "a@new.test", "b@new.test") == ["250", "250"]
    assert [row.address for row in Relayed.select()] == ["b@new.test"] and Copy.select().count() == 1


def test_a_retry_without_a_stamp_is_known_by_its_content(inbound, letter):
    bare = letter().replace(b"X-Sealgate: v=1; id=", b"X-Other: v=1; id=")
    assert send(inbound, bare, "a@out.test") == send(inbound, bare, "a@out.test") == ["250"]
    assert stored(inbound) == (1, 1, 1, 0)


def test_read_only_and_full_databases_are_reasons_to_wait(inbound, letter):
    store.database.execute_sql("PRAGMA query_only=1")
    assert send(inbound, letter(), "a@out.test", "m@member.test") == ["451", "451"]
    store.database.execute_sql("PRAGMA query_only=0")
    pages = store.database.execute_sql("PRAGMA page_count").fetchone()[0]
    store.database.execute_sql(f"PRAGMA max_page_count={pages}")
    answers = {send(inbound, letter(body=b"x" * 5000, stamp=str(uuid.UUID(int=n))), "m@member.test")[0]
               for n in range(30)}
    assert answers <= {"250", "452"} and "452" in answers
    store.database.execute_sql("PRAGMA max_page_count=1000000")
    assert send(inbound, letter(), "a@out.test", "m@member.test") == ["250", "250"]


def test_a_full_disk_is_a_reason_to_wait_and_leaves_nothing(inbound, letter):
    tenant_keys.ensure(inbound.cloud.tenant, inbound.cloud.keys.master)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        for address in ("a@out.test", "m@member.test"):
            assert send(inbound, letter(body=b"x" * 70 + b"\n" * 2_000_000), address) == ["452"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert stored(inbound)[1:] == (0, 0, 0) and blobs(inbound) == []
    assert send(inbound, letter(), "a@out.test", "m@member.test") == ["250", "250"]


def test_a_notice_that_cannot_be_signed_waits(inbound, letter, tmp_path):
    settings = {**inbound.settings, "dkim_key": str(tmp_path / "none")}
    broken = Inbound(settings, store_keys(settings, b"M" * 32, notice.composer(settings)))
    assert send(broken, letter(), "a@out.test") == ["451"]
    (tmp_path / "none").write_text("no key")
    assert send(broken, letter(), "a@out.test") == ["451"]
    assert stored(inbound) == (0, 0, 0, 0) and blobs(inbound) == []


def test_a_ticket_opens_nothing_but_its_own_copy(inbound, letter):
    send(inbound, letter(), "m@member.test")
    row = Outbox.get()
    ticket = f"X-Sealgate-Ticket: {row.id}\n".encode()
    ours = b"Received: from cloud by direct\n"
    for data, address in [
        (ticket + letter(peer=""), "evil@out.test"),
        (f"X-Sealgate-Ticket: {'0' * 32}\n".encode() + letter(peer=""), "m@member.test"),
        (ours + letter(peer="", extra=ticket), "m@member.test"),  # below the second Received: it came with the message
    ]:
        assert send(inbound, data, address) == ["451"]
    assert Copy.select().count() == 0
    back = f"m@member.test.{row.id}-3.direct.sealgate.invalid"
    assert send(inbound, ours + ticket + letter(peer=""), back, sender="") == ["250"]
    assert [copy.address for copy in Copy.select()] == ["m@member.test"] and Outbox.get_by_id(row.id).payload is None


def test_a_bounce_before_the_worker_noted_its_hand_over(inbound, letter):
    send(inbound, letter(), "a@out.test")
    row = Outbox.get()
    assert send(inbound, bounce("a@out.test"), row.sender, sender="") == ["250"]
    assert Outbox.get_by_id(row.id).state == "failed" and Outbox.get_by_id(row.id).payload is None


@pytest.mark.parametrize(("given", "passed_on"), [
    ("NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;m+2Bx@member.test", "NOTIFY=FAILURE ORCPT=rfc822;m+2Bx@member.test"),
    ("NOTIFY=NEVER", "NOTIFY=NEVER"), ("notify=success,delay", "NOTIFY=NEVER"), ("NOTIFY=garbage", "NOTIFY=NEVER"),
    ("ORCPT=nonsense RET=FULL X=Y", ""), (f"ORCPT=rfc822;{'x' * 600}", ""), ("ORCPT=rfc822;\xe4@x", ""),
])
def test_only_sound_dsn_parameters_are_passed_on(inbound, letter, given, passed_on):
    envelope = Envelope("jane@acme.test", "", [Recipient("m@member.test", given)], "Q1")
    assert str(inbound.accept(envelope, letter())[0]).startswith("250")
    assert Outbox.get().dsn == passed_on


@pytest.mark.parametrize(("line", "shown"), [
    ("Original-Recipient: rfc822;M@member.test", "M@member.test"),
    ("Final-Recipient: rfc822; m@member.test.{}-2.direct.sealgate.invalid", "m@member.test"),
    ("Original-Recipient: utf-8;j\\x{{F6}}rg@member.test", "jörg@member.test"),
    ("Diagnostic-Code: smtp; 550 SECRET-KEY", "one of its recipients"),
])
def test_a_report_names_the_recipient_and_never_the_ticket(inbound, line, shown):
    body = f"Received: x\n\n{line.format('0' * 32)}\nAction: failed\nSECRET\n".encode()
    assert send(inbound, body, "jane@acme.test", sender="") == ["250"]
    (_, mail), = dsns(inbound)
    text = email.message_from_bytes(mail).get_payload(0).get_payload(decode=True).decode()
    assert f"    {shown}\r\n" in text and b"SECRET" not in mail and b"sealgate.invalid" not in mail
