"""The outbox worker against an SMTP server on loopback: numbers, pauses, rows that are wrong, and late news."""

import shutil
import time

import pytest

from sealgate_core.address import ticket_of
from sealgate_delivery import copies, outbox, outbox_rows, socketmap, store, transit
from sealgate_delivery.store import Audit, Copy, Domain, Member, NoticeCopy, Outbox


@pytest.fixture
def office(cloud, sink):
    """A cloud whose mails go to the sink."""
    Domain.create(domain="acme.test", tenant="acme")
    Member.create(domain="acme.test", tenant="acme", host="127.0.0.1", port=25, tls_match="mx.acme.test")
    port = sink.server_address[1]
    cloud.settings = {
        "hostname": "cloud.test", "blobs": cloud.keys.blobs, "transit_keys": cloud.keys.transit, "dkim_key": "",
        "notice_from": "notice@portal.test", "portal_url": "https://portal.test", "lmtp_socket": "/run/d.sock",
        "direct_smtp": f"127.0.0.1:{port}", "notice_smtp": f"127.0.0.1:{port}", "notice_nexthop": "",
    }
    cloud.sink = sink
    return cloud


def put(office, recipient="m@acme.test", kind="relay", path="direct", mail=b"Subject: x\r\n\r\ntext\r\n", **more):
    return outbox_rows.enqueue(kind, path, "j@acme.test", recipient, mail, transit_dir=office.keys.transit,
                               blobs=office.keys.blobs, tenant=office.tenant, **more)


def state(row):
    return Outbox.get_by_id(row.id).state


def address_of(line):
    return line[line.index("<") + 1 : line.rindex(">")]


def test_nothing_due_nothing_done(office):
    assert outbox.work(office.settings) == 0
    put(office, not_before=store.now() + 60)
    assert outbox.work(office.settings) == 0 and office.sink.mails == []


def test_every_try_has_a_number_of_its_own_and_waits_longer(office):
    row = put(office)
    office.sink.refuse = "451 4.3.0 later"
    pauses = []
    for number in range(1, 11):
        Outbox.update(not_before=0).execute()
        assert outbox.work(office.settings) == 1
        fresh = Outbox.get_by_id(row.id)
        assert (fresh.attempts, fresh.state) == (number, "waiting")
        pauses.append(fresh.not_before - store.now())
        assert outbox.work(office.settings) == 0
    assert pauses == sorted(pauses) and 4 <= pauses[0] <= 5 and 899 <= pauses[-1] <= outbox.MAX_PAUSE
    office.sink.refuse = ""
    Outbox.update(not_before=0).execute()
    outbox.work(office.settings)
    (_, line, _), = office.sink.mails
    assert ticket_of(address_of(line)) == (f"{row.id}-11", "direct") and state(row) == "handed"


def test_no_server_at_all_is_a_reason_to_wait(office):
    row = put(office)
    outbox.work({**office.settings, "direct_smtp": "127.0.0.1:1"})
    assert state(row) == "waiting" and Outbox.get_by_id(row.id).attempts == 1


def test_what_our_own_postfix_refuses_for_good_is_told_after_a_day(office):
    (copy,) = office.deposit("x@y@out.test")
    office.sink.refuse = "554 5.7.1 no"
    outbox.work(office.settings)
    assert Copy.get_by_id(copy.id).state == "accepted"
    Outbox.update(not_before=0, created=store.now() - outbox.PATIENCE - 1).execute()
    outbox.work(office.settings)
    assert Copy.get_by_id(copy.id).state == "undeliverable" and Outbox.get(Outbox.kind == "dsn")


@pytest.mark.parametrize("recipient", [
    "a(comment)b@acme.test", '"quo ted"@acme.test', '"a>b"@acme.test', "a,b@acme.test", "a@b@acme.test",
    "jörg@acme.test", "<a@acme.test", "User+Tag@ACME.test", "x=y@acme.test"])
def test_the_address_on_the_wire_is_the_one_in_the_row(office, recipient):
    row = put(office, recipient)
    outbox.work(office.settings)
    (sender, line, _), = office.sink.mails
    local, _, domain = recipient.rpartition("@")
    assert f"TO:<{local}@{domain}.{row.id}-1.direct.sealgate.invalid> " in line and " ORCPT=" in line
    assert ("SMTPUTF8" in sender) == (not recipient.isascii())


def test_dots_and_line_ends_come_through(office):
    put(office, mail=b"Subject: x\r\n\r\n.\r\n..\nbare\n.\nlast")
    outbox.work(office.settings)
    mail = office.sink.mails[0][2]
    assert mail.startswith(b"X-Sealgate-Ticket: ")
    assert mail.endswith(b"Subject: x\r\n\r\n.\r\n..\r\nbare\r\n.\r\nlast\r\n")


def test_one_bad_row_stops_no_other(office):
    bad = [put(office, "a\r\nDATA@acme.test"), put(office, "\x00@acme.test"), put(office, kind="code", path="nowhere")]
    good = put(office)
    for _ in range(3):
        outbox.work(office.settings)
    assert state(good) == "handed" and len(office.sink.mails) <= 2
    assert all(state(row) != "handed" or row is bad[1] for row in bad)
    assert outbox.work(office.settings) == 0


def test_a_recall_before_the_hand_over_sends_nothing(office):
    (copy,) = office.deposit("a@out.test")
    copies.recall(copy, office.keys.blobs)
    assert outbox.work(office.settings) == 0 and office.sink.mails == []


def test_a_row_that_changed_hands_meanwhile_is_left_alone(office):
    row = put(office)
    stale = Outbox.get_by_id(row.id)
    Outbox.update(attempts=1).execute()
    assert not outbox._count(stale, 1)
    Outbox.update(attempts=0, state="portal").execute()
    assert not outbox._count(stale, 1)


def test_a_bounce_that_overtakes_the_worker_is_not_forgotten(office):
    """Postfix may bounce a notice before the worker has noted that it took it."""
    (copy,) = office.deposit("a@out.test")
    row = Outbox.get(Outbox.kind == "notice")
    outbox_rows.settle(row, "failed", office.keys.blobs)
    copies.mark_undeliverable([copy.id])
    outbox._handed(row, office.settings)
    assert state(row) == "failed" and Copy.get_by_id(copy.id).state == "undeliverable"


def test_a_notice_without_a_sender_gets_ours_and_is_noted(office):
    (copy,) = office.deposit("a@out.test")
    Outbox.update(sender="").execute()
    outbox.work(office.settings)
    (sender, line, _), = office.sink.mails
    row = Outbox.get()
    assert f"FROM:<notice+{row.id}@portal.test>" in sender and "NOTIFY=FAILURE" in line
    assert Copy.get_by_id(copy.id).state == "noticed" and row.payload is None
    assert transit.sweep(office.keys.transit) != []


def test_a_notice_that_can_never_go_tells_the_sender(office):
    long = ".".join(letter * 55 for letter in "wxyz")
    copy, *gone = office.deposit("a@out.test", f"b@{long}.test", f"{'l' * 65}@out.test")
    outbox.work(office.settings)
    assert {Copy.get_by_id(c.id).state for c in gone} == {"undeliverable"}
    assert Copy.get(Copy.address == "a@out.test").state == "noticed"
    dsns = list(Outbox.select().where(Outbox.kind == "dsn"))
    assert [row.recipient for row in dsns] == ["jane@acme.test"] * 2 and copy.id not in {r.subject_id for r in dsns}


def test_a_message_whose_key_is_gone_tells_the_sender(office):
    row = put(office)
    for key in office.keys.transit.glob("*.key"):
        key.unlink()
    outbox.work(office.settings)
    assert state(row) == "failed"
    assert Outbox.get(Outbox.kind == "dsn").recipient == "j@acme.test"


def test_folders_that_are_not_mounted_are_waited_for(office):
    (copy,) = office.deposit("a@out.test")
    away = office.keys.transit.with_name("away")
    shutil.move(office.keys.transit, away)
    outbox.work(office.settings)
    assert Copy.get_by_id(copy.id).state == "accepted"
    shutil.move(away, office.keys.transit)
    Outbox.update(not_before=0).execute()
    outbox.work(office.settings)
    assert Copy.get_by_id(copy.id).state == "noticed" and len(office.sink.mails) == 1


def test_a_worker_that_died_after_the_hand_over_sends_no_second_notice(office):
    office.deposit("a@out.test")
    outbox.work(office.settings)
    Outbox.update(state="waiting", not_before=0, payload=b"x").execute()
    row = Outbox.get()
    answers = [socketmap.answer(f"transport a@out.test.{row.id}-{n}.notice.sealgate.invalid", office.settings)
               for n in (2, 1, 2, 3)]
    assert answers[0] == answers[2] == "OK notice:out.test"
    assert answers[1].startswith("OK discard:") and answers[3].startswith("OK discard:")


def test_the_thread_wakes_works_and_ends(office):
    worker = outbox.Worker(office.settings, pause=30)
    worker.start()
    time.sleep(0.1)
    (copy,) = office.deposit("a@out.test")
    worker.wake()
    assert office.sink.await_mails(1)
    worker.stop()
    worker.join(5)
    assert not worker.is_alive() and Copy.get_by_id(copy.id).state == "noticed"
    assert NoticeCopy.select().count() == 1 and Audit.select().where(Audit.event == "notice-handed").count() == 1
