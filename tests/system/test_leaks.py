"""Ways around a milter, one by one. The witness is a mail server without TLS: what it has, was in the clear.

`naive` is what one writes first: the milter on port 25 and nothing else. It must be seen to leak, or the test of ours
would prove nothing.
"""

import smtplib
from pathlib import Path

import pytest
from lab.hosts import GATEWAY, company, transport_map
from lab.mail import arrives, found, message, send, until
from lab.postfix import Instance, free_port

pytestmark = pytest.mark.root

EXPANSIONS = (
    "virtual_alias_maps = inline:{{team@acme.test = pat@outside.test}}\n"
    "recipient_bcc_maps = inline:{{boss@acme.test = archive@elsewhere.test}}\n"
    "recipient_canonical_maps = inline:{{old@acme.test = new@outside.test}}\n"
)


class Naive:
    """The company's Postfix with the milter attached in the obvious way."""

    def __init__(self, folder: Path, stack) -> None:
        self.stack = stack
        self.port, self.other, self.bare = (free_port(GATEWAY) for _ in range(3))
        self.instance = Instance(folder, "naive", "mx.acme.test", GATEWAY)
        self.instance.maildir("acme.test")
        server = stack.authority.issue("naive.acme.test")
        self.instance.add_main(company(stack.outside.port, server) + EXPANSIONS)
        milter = f"unix:{stack.gateway.run}/milter.sock"
        # The tunnel leads to a host that is down; a fallback relay is what big sites have in their main.cf.
        table = self.instance.write("transport", f"/\\.sealgate\\.invalid$/ tunnel:[127.0.77.2]:{self.bare}\n")
        strip = self.instance.write("generic", "/^(.*)\\.sealgate\\.invalid$/ ${1}\n")
        self.instance.add_main(
            f"smtpd_milters = {milter}\nmilter_default_action = accept\nsmtp_tls_security_level = may\n"
            f"transport_maps = regexp:{table}, {transport_map(stack.outside.port)}\n"
            f"smtp_fallback_relay = [127.0.77.4]:{stack.outside.port}"
        )
        self.instance.add_master(
            f"{GATEWAY}:{self.port} inet n - n - - smtpd\n"
            f"{GATEWAY}:{self.other} inet n - n - - smtpd\n    -o smtpd_milters=\n"
            f"tunnel unix - - n - - smtp\n    -o smtp_generic_maps=regexp:{strip}"
        )

    def send(self, mail, recipients, sender="jane@acme.test", port=None) -> None:
        send((GATEWAY, port or self.port), mail, recipients, sender)


@pytest.fixture(scope="module")
def naive(milter_stack):
    made = Naive(milter_stack.folder / "extra", milter_stack)
    made.instance.start()
    yield made
    made.instance.stop()


@pytest.fixture(scope="module")
def expanding(gate_stack):
    """Gate mode in a company whose Postfix expands and copies mail to the outside."""
    other = free_port(GATEWAY)
    gate_stack.gateway.instance.add_main(EXPANSIONS)
    gate_stack.gateway.instance.add_master(f"{GATEWAY}:{other} inet n - n - - smtpd\n    -o smtpd_milters=")
    gate_stack.gateway.instance.reload()
    gate_stack.other = other
    return gate_stack


def confidential(marker, to, sender="jane@acme.test"):
    return message("for you", f"{marker}\nSSN 219-09-9999\n", sender, [to])


def leaks(stack, marker):
    """Wait until it has come to the outside in the clear."""
    return bool(arrives(stack.outside.mail, marker))


def comes_as_notice(stack, marker, address, sender="Jane Roe"):
    """Wait for the notification to `address`, and see that nothing else has come."""
    notice = arrives(stack.outside.mail, f"To: <{address}>", "\nKey: ")
    assert found(stack.outside.mail, marker) == []
    return notice


PATHS = {
    "sendmail": "ned@outside.test",
    "virtual": "team@acme.test",
    "bcc": "boss@acme.test",
    "canonical": "old@acme.test",
    "other-smtpd": "olga@outside.test",
}
ARRIVES_FOR = {"virtual": "pat@outside.test", "bcc": "archive@elsewhere.test", "canonical": "new@outside.test"}


def go(path, send_by_smtp, instance, other, marker):
    to = PATHS[path]
    mail = confidential(marker, to)
    if path == "sendmail":
        data = mail.as_bytes().replace(b"\r\n", b"\n")
        instance.command("sendmail", "-i", "-f", "jane@acme.test", to, data=data)
    elif path == "other-smtpd":
        send((GATEWAY, other), mail, [to])
    else:
        send_by_smtp(mail, [to])
    return ARRIVES_FOR.get(path, to)


@pytest.mark.parametrize("path", PATHS)
def test_naive_leaks(naive, milter_stack, marker, path):
    go(path, naive.send, naive.instance, naive.other, marker)
    assert leaks(milter_stack, marker)


@pytest.mark.parametrize("path", PATHS)
def test_gate_mode_does_not(expanding, marker, path):
    address = go(path, expanding.send, expanding.gateway.instance, expanding.other, marker)
    comes_as_notice(expanding, marker, address)


def test_milter_mode_closes_sendmail(milter_stack, marker):
    address = go("sendmail", None, milter_stack.gateway.instance, 0, marker)
    comes_as_notice(milter_stack, marker, address)


def test_naive_tunnel_falls_back_to_clear_text(naive, milter_stack, marker):
    naive.send(confidential(marker, "fay@outside.test"), ["fay@outside.test"])
    assert leaks(milter_stack, marker)


def test_naive_lets_everything_out_when_the_milter_is_down(naive, milter_stack, marker):
    naive.instance.add_main("smtpd_milters = unix:/nonexistent/milter.sock")
    naive.instance.reload()
    naive.send(confidential(marker, "dan@outside.test"), ["dan@outside.test"])
    assert leaks(milter_stack, marker)


def test_naive_bounce_carries_the_message(naive, milter_stack, marker):
    naive.send(confidential(marker, "broken@acme.test", "eve@outside.test"), ["broken@acme.test"], "eve@outside.test")
    assert leaks(milter_stack, marker)


def test_our_bounce_does_not(stack, marker):
    mail = confidential(marker, "broken@acme.test", "eve@elsewhere.test")
    stack.send(mail, ["broken@acme.test"], sender="eve@elsewhere.test")
    comes_as_notice(stack, marker, "eve@elsewhere.test")


def test_fallback_relay_of_the_company_is_not_ours(stack, marker):
    """A fallback relay in main.cf, and a cloud that is down: the mail waits."""
    gateway, cloud = stack.gateway.instance, stack.cloud.incoming
    before = (gateway.conf / "main.cf").read_text()
    gateway.add_main(f"smtp_fallback_relay = [127.0.77.4]:{stack.outside.port}\nsmtp_tls_security_level = may")
    gateway.reload()
    cloud.stop()
    try:
        stack.send(confidential(marker, "fae@outside.test"), ["fae@outside.test"])
        until(lambda: "fae@outside.test" in gateway.queue() and "refused" in gateway.queue(), what=gateway.queue())
    finally:
        cloud.start()
        (gateway.conf / "main.cf").write_text(before)
        gateway.reload()
    gateway.flush()
    comes_as_notice(stack, marker, "fae@outside.test")


@pytest.mark.parametrize("line", [
    "sender_dependent_relayhost_maps = inline:{{{{jane@acme.test = [127.0.77.4]:{outside}}}}}",
    "sender_dependent_default_transport_maps = inline:{{{{jane@acme.test = smtp:[127.0.77.4]:{outside}}}}}",
    "default_transport = smtp:[127.0.77.4]:{outside}\nrelay_transport = smtp:[127.0.77.4]:{outside}",
    "smtp_tls_policy_maps = inline:{{{{[127.0.77.2]:{cloud} = none}}}}",
])
def test_routes_and_tls_levels_of_the_company_do_not_turn_the_tunnel(stack, marker, line):
    """Our transport comes first, and its TLS level stands in master.cf: neither a map nor a default gets between."""
    gateway = stack.gateway.instance
    before = (gateway.conf / "main.cf").read_text()
    gateway.add_main(line.format(outside=stack.outside.port, cloud=stack.cloud.port))
    gateway.reload()
    address = f"route-{marker[-8:]}@outside.test"
    try:
        stack.send(confidential(marker, address), [address])
        comes_as_notice(stack, marker, address)
    finally:
        (gateway.conf / "main.cf").write_text(before)
        gateway.reload()


def test_forged_tag_is_removed(stack, marker):
    mail = message("hello", f"{marker}\n", to=["gil@outside.test"])
    mail["X-Sealgate"] = "v=1; id=00000000-0000-4000-8000-000000000000; rule=x; h=" + "0" * 64
    mail["X-Sealgate-Peer"] = "v=1; tenant=acme; fp=AA"
    stack.send(mail, ["gil@outside.test"])
    assert b"X-Sealgate" not in arrives(stack.outside.mail, marker)


def test_suffix_cannot_be_used_from_outside(stack, marker):
    for address in ("x@outside.test.sealgate.invalid", "x@hold.sealgate.invalid", "x@sealgate.invalid"):
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            stack.send(confidential(marker, address), [address])
        assert refused.value.smtp_code == 550


def test_suffix_by_sendmail_is_judged_anew(stack, marker):
    """sendmail(1) asks no access map; the milter takes the suffix off again."""
    mail = message("hi", f"{marker}\n", to=["sid@outside.test"]).as_bytes().replace(b"\r\n", b"\n")
    stack.gateway.instance.command("sendmail", "-i", "-f", "jane@acme.test", "sid@outside.test.sealgate.invalid",
                                   data=mail)
    assert arrives(stack.outside.mail, marker)
