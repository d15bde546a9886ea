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


def test_a_message_never_leaves_by_the_way_of_notices(acme):
    """The path is the row's, whatever the address says; so is the recipient's domain."""
    row = relay(acme)
    wrong = [f"m@member.test.{row.id}-1.notice.sealgate.invalid", f"m@evil.test.{row.id}-1.direct.sealgate.invalid"]
    for address in wrong:
        assert socketmap.answer(f"transport {address}", SETTINGS).startswith("OK retry:4")
    assert Outbox.get_by_id(row.id).claimed is None and ask(row) == "OK direct:[10.1.1.1]:25"


@pytest.mark.parametrize("key", [
    "a@b.test.{}-99999999999999999999999999.direct.sealgate.invalid", "a@b.test.{}-.direct.sealgate.invalid", "@",
    "a@b.test.{}.direct.sealgate.invalid", "\udcff@\udcfe", "a@\udcff.{}-1.direct.sealgate.invalid", "x" * 9000 + "@"])
def test_strange_keys_are_answered(acme, key):
    answer = socketmap.answer("transport " + key.format(relay(acme).id), SETTINGS)
    assert answer.startswith(("OK retry:4", "OK sgportal:", "NOTFOUND "))
    assert socketmap.answer("tls " + key, SETTINGS) == "NOTFOUND "
    for hop in ("[\udcff]:25", "[a]:99999999999"):
        assert socketmap.answer(f"tls {hop}", SETTINGS) == "NOTFOUND "


@pytest.mark.parametrize("domain", ["[10.1.1.1]", "out.test:26", "a b.test"])
def test_a_notice_to_no_domain_name_comes_back(acme, domain):
    row = relay(acme, f"a@{domain}", kind="notice", path="notice")
    assert ask(row).startswith("OK error:5.1.2")


def test_a_sender_of_wild_octets_is_refused_not_fatal(acme):
    assert rcpt(sender="j@\udcff\udcfe").startswith("550 5.7.1")
    assert rcpt(ccert_fingerprint="\udcff").startswith("45")


def test_without_a_store_everything_waits(acme):
    for table in (Certificate, Outbox, Member):
        table.drop_table()
    assert rcpt().startswith("451 4.3.0")
    assert socketmap.answer(f"transport a@b.test.{'0' * 32}-1.direct.sealgate.invalid", SETTINGS).startswith("TEMP ")
    assert socketmap.answer("tls [10.1.1.1]:25", SETTINGS).startswith("TEMP ")


def netstring(service, data):
    with service.dial("m") as client:
        client.sendall(data)
        client.shutdown(1)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_the_sockets_speak_their_protocols(service):
    service.start()
    assert netstring(service, b"11:transport *,11:transport *,") == b"9:NOTFOUND ,9:NOTFOUND ,"
    for garbage in (b"", b"x", b"5:ab", b"99999999:x,", b":,", b"-1:x,", b"3:abcd", b"\xff" * 100):
        assert netstring(service, garbage) == b""
    with service.dial("p") as client:
        request = f"request=smtpd_access_policy\nprotocol_state=RCPT\nccert_fingerprint={PRINT}\nsender=j@acme.test\n\n"
        for _ in range(2):
            client.sendall(request.encode())
            assert client.recv(4096) == b"action=OK\n\n"
        client.sendall(b"x=" + b"y" * 8190)
        assert client.recv(4096) == b""
    assert service.stop() == 0
