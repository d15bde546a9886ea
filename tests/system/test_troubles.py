"""What goes wrong, and must end well: mail waits, says why, and goes on; or is refused with a sentence."""

import contextlib
import re
import shutil
import signal
import smtplib
import socket
import sqlite3
import ssl
import subprocess
from email import message_from_bytes

import pytest
from lab.hosts import CLOUD, CLOUD_USER, GATEWAY
from lab.mail import arrives, found, message, until

pytestmark = pytest.mark.root


def confidential(marker, to, sender="jane@acme.test"):
    return message("for you", f"{marker}\nSSN 219-09-9999\n", sender, to if isinstance(to, list) else [to])


def waits(instance, *texts):
    """Wait until the queue says these things, and return what it says."""
    def says():
        queue = " ".join(instance.queue().split())
        return queue if all(text in queue for text in texts) else ""

    try:
        return until(says, 20)
    except TimeoutError:
        pytest.fail(f"the queue does not say {texts}: {instance.queue()}")


def arrives_as_notice(stack, marker, address):
    arrives(stack.outside.mail, f"To: <{address}>", "\nKey: ")
    assert found(stack.outside.mail, marker) == []


def notices(stack, address):
    return found(stack.outside.mail, f"To: <{address}>", "\nKey: ")


@contextlib.contextmanager
def changed(instance, lines):
    """Run with these lines in main.cf."""
    path = instance.conf / "main.cf"
    before = path.read_text()
    instance.add_main(lines)
    instance.reload()
    try:
        yield
    finally:
        path.write_text(before)
        instance.reload()


@contextlib.contextmanager
def down(instance):
    instance.stop()
    try:
        yield
    finally:
        instance.start()


@contextlib.contextmanager
def milter_killed(stack):
    stack.gateway.milter.kill()
    try:
        yield
    finally:
        stack.gateway.milter.start()
        stack.gateway.milter.await_log("ready")
        until(lambda: answers(stack.gateway.run / "milter.sock"))


def answers(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


# -- the gateway -------------------------------------------------------------------------------------------------------


def test_milter_down_is_451(milter_stack, marker):
    with milter_killed(milter_stack), pytest.raises(smtplib.SMTPResponseException) as answer:
        milter_stack.send(confidential(marker, "abe@outside.test"), ["abe@outside.test"])
    assert answer.value.smtp_code == 451


def test_milter_killed_in_mid_message_is_451(milter_stack, marker):
    with smtplib.SMTP(GATEWAY, milter_stack.gateway.port, source_address=(GATEWAY, 0)) as client:
        client.ehlo()
        client.mail("jane@acme.test")
        client.rcpt("abe@outside.test")
        client.docmd("DATA")
        client.send(b"Subject: x\r\n\r\n" + marker.encode() + b"\r\n")
        with milter_killed(milter_stack):
            client.send(b"SSN 219-09-9999\r\n.\r\n")
            assert client.getreply()[0] == 451
    assert found(milter_stack.outside.mail, marker) == []


def test_gate_waits_while_the_milter_is_down(gate_stack, marker):
    with milter_killed(gate_stack):
        gate_stack.send(confidential(marker, "abe@outside.test"), ["abe@outside.test"])
        waits(gate_stack.gateway.instance, "abe@outside.test", "451")
    gate_stack.gateway.instance.flush()
    arrives_as_notice(gate_stack, marker, "abe@outside.test")


def test_foreign_sender_domain_is_stopped_at_the_gateway(milter_stack, marker):
    with pytest.raises(smtplib.SMTPResponseException) as answer:
        milter_stack.send(confidential(marker, "abe@outside.test"), ["abe@outside.test"], sender="x@elsewhere.test")
    assert answer.value.smtp_code == 550


def test_oversize_message_is_refused(stack):
    with pytest.raises(smtplib.SMTPResponseException) as answer:
        stack.send(b"", ["abe@outside.test"], options=["SIZE=60000000"])
    assert answer.value.smtp_code == 552


def test_broken_policy_leaves_the_old_one_in_force(milter_stack, marker):
    gateway = milter_stack.gateway
    good = gateway.policy.read_bytes()
    gateway.policy.write_bytes(b"[tests.ssn\nthis is no policy")
    try:
        seen = gateway.milter.log.stat().st_size
        gateway.milter.send(signal.SIGHUP)
        until(lambda: b"policy.toml" in gateway.milter.log.read_bytes()[seen:])
        milter_stack.send(confidential(marker, "hal@outside.test"), ["hal@outside.test"])
        arrives_as_notice(milter_stack, marker, "hal@outside.test")
    finally:
        gateway.policy.write_bytes(good)
        gateway.milter.send(signal.SIGHUP)


@pytest.mark.parametrize("address", ["user@[192.0.2.1]", "user@" + ".".join(["a" * 60] * 4)])
def test_address_that_cannot_travel_securely_is_refused(milter_stack, marker, address):
    with pytest.raises(smtplib.SMTPResponseException) as answer:
        milter_stack.send(confidential(marker, "nobody@outside.test"), [address])
    assert 500 <= answer.value.smtp_code < 600


ODD = ["Camel+Tag@outside.test", "per%cent@outside.test", "bang!path@outside.test", '"quo ted"@outside.test',
       "o'neill@outside.test", "=eq@outside.test"]


def test_odd_addresses_arrive_as_they_were(stack, marker):
    stack.send(confidential(marker, "list@acme.test"), ODD)
    for address in ODD:
        arrives(stack.outside.mail, f"\nX-Original-To: {address}\n", "\nKey: ")
    assert found(stack.outside.mail, marker) == []


def test_smtputf8_address(stack, marker):
    address = "grüße@outside.test"
    stack.send(confidential(marker, "list@acme.test"), [address], options=["SMTPUTF8", "BODY=8BITMIME"])
    arrives(stack.outside.mail, f"X-Original-To: {address}", "\nKey: ")
    assert found(stack.outside.mail, marker) == []


# -- the tunnel --------------------------------------------------------------------------------------------------------


def test_cloud_down_mail_waits_and_goes_on(stack, marker):
    with down(stack.cloud.incoming):
        stack.send(confidential(marker, "ida@outside.test"), ["ida@outside.test"])
        waits(stack.gateway.instance, "ida@outside.test", "Connection refused")
    stack.gateway.instance.flush()
    arrives_as_notice(stack, marker, "ida@outside.test")


@pytest.mark.parametrize(("fault", "says"), [
    ("wrong-name", "not verified"), ("expired", "not verified"), ("no-starttls", "TLS is required"),
])
def test_server_that_cannot_prove_itself_gets_nothing(milter_stack, marker, fault, says):
    stack, address = milter_stack, f"{fault}@outside.test"
    if fault == "no-starttls":
        lines = "smtpd_tls_security_level = none"
    else:
        name, days = ("other.test", 90) if fault == "wrong-name" else ("cloud.test", -1)
        pair = stack.authority.issue(name, days=days, file=fault)
        lines = f"smtpd_tls_cert_file = {pair.certificate}\nsmtpd_tls_key_file = {pair.key}"
    with changed(stack.cloud.incoming, lines):
        stack.send(confidential(marker, address), [address])
        waits(stack.gateway.instance, address, says)
    stack.gateway.instance.flush()
    arrives_as_notice(stack, marker, address)


def test_unknown_client_certificate_makes_mail_wait(milter_stack, marker):
    stack = milter_stack
    certificate = str(stack.authority.folder / "gateway.acme.test.pem")
    stack.cloud.command("tenant", "certificate", "remove", "acme", certificate)
    try:
        stack.send(confidential(marker, "kim@outside.test"), ["kim@outside.test"])
        assert re.search(r"said: 4\d\d", waits(stack.gateway.instance, "kim@outside.test", "said: 4"))
    finally:
        stack.cloud.command("tenant", "certificate", "add", "acme", certificate)
    stack.gateway.instance.flush()
    arrives_as_notice(stack, marker, "kim@outside.test")


def to_cloud(stack, certificate, sender, recipient="abe@outside.test"):
    """Dial the cloud directly, and return the answer to RCPT (or to what failed before)."""
    context = ssl.create_default_context(cafile=str(stack.authority.certificate))
    context.check_hostname = False
    if certificate:
        folder = stack.authority.folder
        context.load_cert_chain(folder / f"{certificate}.pem", folder / f"{certificate}.key")
    with smtplib.SMTP(CLOUD, stack.cloud.port, timeout=20) as client:
        client.ehlo()
        client.starttls(context=context)
        client.ehlo()
        client.mail(sender)
        return client.rcpt(recipient)


def test_cloud_refuses_a_sender_of_another_domain(milter_stack):
    assert to_cloud(milter_stack, "gateway.acme.test", "jane@acme.test")[0] == 250
    assert to_cloud(milter_stack, "gateway.acme.test", "x@elsewhere.test")[0] // 100 == 5


def test_cloud_puts_off_who_has_no_certificate_or_an_unknown_one(milter_stack):
    assert to_cloud(milter_stack, None, "jane@acme.test")[0] // 100 == 4
    assert to_cloud(milter_stack, "mx.member.test", "jane@acme.test")[0] // 100 == 4


def test_cloud_takes_nothing_without_tls(milter_stack):
    with smtplib.SMTP(CLOUD, milter_stack.cloud.port) as client:
        client.ehlo()
        assert client.mail("jane@acme.test")[0] == 530


def test_requeue_keeps_tag_and_stamp(stack, marker):
    gateway = stack.gateway.instance
    with down(stack.cloud.incoming):
        stack.send(confidential(marker, "lea@outside.test"), ["lea@outside.test"])
        waits(gateway, "lea@outside.test", "refused")
        before = tags(gateway, marker)
        gateway.command("postsuper", "-r", "ALL")
        after = until(lambda: waits(gateway, "lea@outside.test", "refused") and tags(gateway, marker))
        assert len(before) == 1
        assert before == after
        assert "sealgate.invalid.sealgate.invalid" not in gateway.queue()
    gateway.flush()
    arrives_as_notice(stack, marker, "lea@outside.test")


def tags(instance, marker):
    """Return the tags of the waiting messages that carry the marker."""
    found_tags = []
    for queue_id in re.findall(r"^([0-9A-F]{8,})[*!]?\s", instance.queue(), re.MULTILINE):
        with contextlib.suppress(RuntimeError):
            text = instance.command("postcat", "-q", queue_id)
            if marker in text:
                found_tags += re.findall(r"^X-Sealgate:.*", text, re.MULTILINE)
    return found_tags


def test_120_recipients_are_one_message_and_every_copy_once(stack, marker):
    people = [f"p{number}-{marker[-6:]}@outside.test" for number in range(120)]
    seen = stack.cloud.delivery.log.stat().st_size
    stack.send(confidential(marker, "list@acme.test"), people)
    until(lambda: all(notices(stack, person) for person in people), 60)
    assert all(len(notices(stack, person)) == 1 for person in people)
    decisions = re.findall(r"stamp=(\S+) relay=0 portal=(\d+)", stack.cloud.delivery.log.read_text()[seen:])
    assert len({stamp for stamp, _ in decisions}) == 1
    assert sum(int(count) for _, count in decisions) == 120


def test_bounce_of_an_expired_secure_message_shows_the_original_address(stack, marker):
    gateway = stack.gateway.instance
    with down(stack.cloud.incoming):
        stack.send(confidential(marker, "mia@outside.test"), ["mia@outside.test"])
        waits(gateway, "mia@outside.test", "refused")
        with changed(gateway, "maximal_queue_lifetime = 1s"):
            until(lambda: gateway.flush() or found(stack.gateway.mail, "Undelivered", "mia@outside.test"), 30)
    raw = found(stack.gateway.mail, "Undelivered", "mia@outside.test")[0]
    bounce = message_from_bytes(raw)
    report = [part for part in bounce.walk() if part.get_content_type() in ("text/plain", "message/delivery-status")]
    text = b"\n".join(part.as_bytes() for part in report[:2])
    assert b"mia@outside.test" in text
    assert b"sealgate.invalid" not in text


# -- the cloud ---------------------------------------------------------------------------------------------------------


def test_delivery_service_down(milter_stack, marker):
    stack = milter_stack
    stack.cloud.delivery.stop()
    try:
        stack.send(confidential(marker, "noa@outside.test"), ["noa@outside.test"])
        # Without the policy service nothing is even taken.
        waits(stack.gateway.instance, "noa@outside.test", "451")
    finally:
        start_delivery(stack)
    stack.gateway.instance.flush()
    arrives_as_notice(stack, marker, "noa@outside.test")


def start_delivery(stack):
    stack.cloud.delivery.start()
    until(lambda: answers(stack.cloud.run / "policy.sock") and answers(stack.cloud.run / "delivery.sock"))


def test_lmtp_socket_gone_the_pipe_defers(milter_stack, marker):
    stack, path = milter_stack, milter_stack.cloud.run / "delivery.sock"
    away = path.with_name("away.sock")
    path.rename(away)
    try:
        stack.send(confidential(marker, "pia@outside.test"), ["pia@outside.test"])
        waits(stack.cloud.incoming, "pia@outside.test", "No such file")
    finally:
        away.rename(path)
    stack.cloud.incoming.flush()
    arrives_as_notice(stack, marker, "pia@outside.test")


@pytest.mark.parametrize("broken", ["#!/bin/sh\nexit 1\n", "#!/nonexistent\n", "#!/bin/sh\nkill -9 $$\n",
                                    "#!/bin/sh\necho '5.7.1 go away'; exit 70\n"])
def test_pipe_program_that_breaks_never_returns_mail(milter_stack, marker, broken):
    stack, program = milter_stack, milter_stack.cloud.folder / "sealgate-pipe"
    good, address = program.read_bytes(), f"vic-{marker[-8:]}@outside.test"
    program.write_text(broken)
    try:
        stack.send(confidential(marker, address), [address])
        waits(stack.cloud.incoming, address)
        until(lambda: re.search(rf"{address}.*status=(\w+)", stack.cloud.incoming.log.read_text()))
    finally:
        program.write_bytes(good)
    answers_given = re.findall(rf"{address}.*status=(\w+)", stack.cloud.incoming.log.read_text())
    assert set(answers_given) == {"deferred"}
    stack.cloud.incoming.flush()
    arrives_as_notice(stack, marker, address)


def test_the_other_way_in_lmtp_without_a_pipe(milter_stack, marker):
    stack = milter_stack
    way = f"default_transport = sealgate-lmtp:unix:{stack.cloud.run}/delivery.sock"
    with changed(stack.cloud.incoming, f"{way}\nsmtpd_discard_ehlo_keywords = silent-discard"):
        stack.send(confidential(marker, "lou@outside.test"), ["lou@outside.test", "tim@member.test"])
        arrives_as_notice(stack, marker, "lou@outside.test")
        arrives(stack.member.mail, marker)
        assert "lmtp" in stack.cloud.incoming.log.read_text()


def test_database_locked(milter_stack, marker):
    stack = milter_stack
    database = sqlite3.connect(stack.cloud.folder / "state/sealgate.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    try:
        stack.send(confidential(marker, "roy@outside.test"), ["roy@outside.test"])
        waits(stack.cloud.incoming, "roy@outside.test", "4")
    finally:
        database.execute("ROLLBACK")
        database.close()
    until(lambda: stack.cloud.incoming.flush() or notices(stack, "roy@outside.test"), 60)
    assert len(notices(stack, "roy@outside.test")) == 1


def test_disk_full(milter_stack, marker):
    stack, blobs = milter_stack, milter_stack.cloud.folder / "state/blobs"
    if not blobs.exists():
        blobs.mkdir(0o700)
        shutil.chown(blobs, CLOUD_USER)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,mode=700,uid=65534", "tmpfs", blobs], check=True)
    try:
        mail = confidential(marker, "sue@outside.test")
        mail.add_attachment(b"x" * 200_000, maintype="application", subtype="octet-stream", filename="big.bin")
        stack.send(mail, ["sue@outside.test"])
        waits(stack.cloud.incoming, "sue@outside.test", "no room")
    finally:
        subprocess.run(["umount", blobs], check=True)
    stack.cloud.incoming.flush()
    arrives_as_notice(stack, marker, "sue@outside.test")


def test_member_without_verified_tls_gets_nothing_and_its_copy_falls_to_the_portal(milter_stack, marker):
    stack = milter_stack
    with changed(stack.member.instance, "smtpd_tls_security_level = none"):
        stack.send(confidential(marker, "uma@member.test"), ["uma@member.test"])
        waits(stack.cloud.direct, "uma@member.test", "TLS is required")
        with sqlite3.connect(stack.cloud.folder / "state/sealgate.db", timeout=20) as database:
            database.execute("UPDATE outbox SET deadline = 1 WHERE recipient = 'uma@member.test'")
        database.close()
        # The queue manager's resolver remembers an answer for half a minute.
        until(lambda: stack.cloud.direct.flush() or "uma@member.test" not in stack.cloud.direct.queue(), 60)
    assert found(stack.member.mail, marker) == []
    arrives(stack.member.mail, "\nKey: ", "uma@member.test")
