"""Policy delegation and socketmap, as Postfix asks them."""

import pytest

from sealgate_core import tag
from sealgate_delivery import outbox_rows, policy_service, socketmap
from sealgate_delivery.store import Certificate, Domain, Member, Outbox, Tenant

PRINT = "AB:" * 31 + "CD"
SETTINGS = {"lmtp_socket": "/run/d.sock", "notice_nexthop": ""}


@pytest.fixture
def acme(cloud):
    Domain.create(domain="acme.test", tenant="acme")
    Certificate.create(fingerprint=PRINT, tenant="acme")
    Member.create(domain="member.test", tenant="acme", host="10.1.1.1", port=25, tls_match="mx.member.test")
    return cloud


def rcpt(**changes):
    return policy_service.answer({
        "protocol_state": "RCPT", "ccert_fingerprint": PRINT, "sender": "j@acme.test", "recipient": "a@out.test",
        **changes})


def test_policy_answers(acme):
    assert rcpt() == "OK"
    assert rcpt(sender="") == "OK"
    assert rcpt(sender="x@y@ACME.test") == "OK"
    assert rcpt(ccert_fingerprint="00", ccert_pubkey_fingerprint=PRINT.lower()) == "OK"
    assert rcpt(ccert_fingerprint="").startswith("450 4.7.0")
    assert rcpt(ccert_fingerprint="00:11").startswith("450 4.7.0")
    assert rcpt(sender="j@other.test").startswith("550 5.7.1")
    assert rcpt(sender="j@sub.acme.test").startswith("550 5.7.1")
    assert rcpt(recipient="a@out.test.sealgate.invalid").startswith("550")
    assert rcpt(recipient=f"a@b.test.{'0' * 32}-1.direct.sealgate.invalid").startswith("550")
    peer = rcpt(protocol_state="DATA", recipient="")
    assert peer.startswith("PREPEND X-Sealgate-Peer: ")
    assert tag.parse(peer.partition(": ")[2])["tenant"] == "acme"


def test_a_tenant_that_was_put_to_rest_may_not_send(acme):
    Tenant.update(active=False).execute()
    assert rcpt().startswith("450 4.7.0")


def relay(cloud, recipient="m@member.test", deadline=0, kind="relay", path="direct"):
    return outbox_rows.enqueue(kind, path, "j@acme.test", recipient, b"x", transit_dir=cloud.keys.transit,
                               blobs=cloud.keys.blobs, deadline=deadline)


def ask(row, attempt=1):
    return socketmap.answer(f"transport {row.recipient}.{row.id}-{attempt}.{row.path}.sealgate.invalid", SETTINGS)


def test_the_first_attempt_asked_about_wins(acme):
    row = relay(acme)
    assert ask(row, 2) == "OK direct:[10.1.1.1]:25"
    assert ask(row, 1).startswith("OK discard:")
    assert ask(row, 2) == "OK direct:[10.1.1.1]:25"
    assert ask(row, 3).startswith("OK discard:")


def test_direct_falls_to_the_portal_but_a_reply_never_does(acme):
    late, reply = relay(acme, deadline=1), relay(acme, deadline=1, kind="reply")
    assert ask(late) == "OK sgportal:unix:/run/d.sock"
    assert ask(reply) == "OK direct:[10.1.1.1]:25"
    Member.update(active=False).execute()
    assert ask(relay(acme)) == "OK sgportal:unix:/run/d.sock"
    assert ask(reply).startswith("OK retry:4.")
    by_hand = relay(acme)
    Outbox.update(state="portal").where(Outbox.id == by_hand.id).execute()
    Member.update(active=True).execute()
    assert ask(by_hand) == "OK sgportal:unix:/run/d.sock"


def test_notices_go_to_the_mx_or_the_smart_host(acme):
    row = relay(acme, "a@out.test", kind="notice", path="notice")
    assert ask(row) == "OK notice:out.test"
    name = f"transport a@out.test.{row.id}-1.notice.sealgate.invalid"
    assert socketmap.answer(name, {**SETTINGS, "notice_nexthop": "[r.test]:587"}) == "OK notice:[r.test]:587"


def test_unknown_tickets_wait_and_strangers_come_to_us(acme):
    unknown = f"transport a@b.test.{'0' * 32}-1.direct.sealgate.invalid"
    assert socketmap.answer(unknown, SETTINGS).startswith("OK retry:4")
    assert socketmap.answer("transport *", SETTINGS) == "NOTFOUND "
    assert socketmap.answer("transport bounce@acme.test", SETTINGS) == "OK sgportal:unix:/run/d.sock"
    assert socketmap.answer("nonsense x", SETTINGS).startswith("PERM")


@pytest.mark.parametrize("match", ["may", "mx.member.test", "x.test may", "x:none", "", "none\n", "[a]"])
def test_tls_can_say_nothing_but_secure_match(acme, match):
    Member.update(tls_match=match).execute()
    answer = socketmap.answer("tls [10.1.1.1]:25", SETTINGS)
    assert answer == "NOTFOUND " or (answer == f"OK secure match={match}" and match.replace(".", "").isalnum())
    for hop in ("[10.1.1.2]:25", "10.1.1.1:25", "[10.1.1.1]", "*", ""):
        assert socketmap.answer(f"tls {hop}", SETTINGS) == "NOTFOUND "
