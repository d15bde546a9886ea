"""Aliases of local(8) lead out behind the milter: in gate mode what they forward is judged once more."""

import pytest
from lab.mail import arrives, found, message

pytestmark = pytest.mark.root

LOCAL = (
    "virtual_mailbox_domains =\nvirtual_mailbox_maps =\nmydestination = acme.test\nlocal_transport = local:\n"
    "local_recipient_maps =\nmyorigin = acme.test\nalias_maps = inline:{{team = pat@outside.test, ann@acme.test}, "
    "{ann = /dev/null}}"
)


@pytest.fixture
def aliases(gate_stack):
    gateway = gate_stack.gateway.instance
    before = (gateway.conf / "main.cf").read_text()
    gateway.add_main(LOCAL)
    gateway.reload()
    yield gate_stack
    (gateway.conf / "main.cf").write_text(before)
    gateway.reload()


def test_confidential_mail_to_an_alias_goes_out_as_a_notice(aliases, marker):
    aliases.send(message("for you", f"{marker}\nSSN 219-09-9999\n", to=["team@acme.test"]), ["team@acme.test"])
    arrives(aliases.outside.mail, "To: <pat@outside.test>", "\nKey: ")
    assert found(aliases.outside.mail, marker) == []


def test_other_mail_to_an_alias_goes_out_as_it_is(aliases, marker):
    aliases.send(message("hello", f"{marker}\n", to=["team@acme.test"]), ["team@acme.test"])
    assert b"sealgate" not in arrives(aliases.outside.mail, marker, "\nDelivered-To: pat@outside.test").lower()
