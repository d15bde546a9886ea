"""The mails we write to recipients: text, columns, signature, and what hostile names can do to them (nothing)."""

import base64
import email
import email.policy
from dataclasses import replace

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sealgate_core import seal
from sealgate_delivery import notice
from sealgate_delivery.notices import NoticeFacts
from sealgate_delivery.store import Tenant

SETTINGS = {"notice_from": "notice@post.test", "portal_url": "https://post.acme-clinic.test", "hostname": "cloud.test",
            "dkim_key": "", "dkim_selector": "sealgate"}
SECRET = seal.link_text(seal.new_link_secret())
FACTS = NoticeFacts(Tenant(name="acme", display_name="Acme Clinic", contact="+1 555 0100"), "jane.roe@acme.test",
                    "Jane Roe", "bob@out.test", "7KQ2M9XW", SECRET, 1_800_000_000, "a" * 32)


def read(mail):
    return email.message_from_bytes(mail, policy=email.policy.default)


def test_the_notice_says_what_a_recipient_needs():
    mail = notice.notice_mail(SETTINGS, FACTS)
    assert mail.isascii() and b"\n" not in mail.replace(b"\r\n", b"")
    message = read(mail)
    assert message["Subject"] == "Secure message from Jane Roe, Acme Clinic (7KQ2-M9XW)"
    assert message["From"] == "Jane Roe via Acme Clinic <notice@post.test>"
    assert message["To"] == "bob@out.test" and message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<sealgate.{'a' * 32}@cloud.test>"
    assert message.get_content_type() == "text/plain" and "format" not in message["Content-Type"].params
    lines = message.get_content().splitlines()
    assert lines[0] == "Jane Roe <jane.roe@acme.test> has sent you a confidential message."
    link = f"https://post.acme-clinic.test/n/7KQ2M9XW#{SECRET}"
    assert lines.count(link) == 1 and [line for line in lines if len(line) > 72] in ([], [link])
    key = next(line for line in lines if line.startswith("Key: "))
    assert seal.parse_link_text(key.removeprefix("Key: ")) == seal.parse_link_text(SECRET) is not None
    assert "The page shows the same reference: 7KQ2-M9XW" in lines
    assert any("+1 555 0100" in line for line in lines) and "15 January 2027" in lines[1]


def test_a_bundle_counts():
    text = read(notice.notice_mail(SETTINGS, replace(FACTS, count=3))).get_content()
    assert "3 confidential messages" in text and "They wait for you" in text


def test_a_long_organisation_wraps():
    tenant = Tenant(name="x", display_name="The Society for " * 20, contact="ring us " * 60)
    for facts in (replace(FACTS, tenant=tenant), replace(FACTS, sender_name="Dr. " * 100), replace(
            FACTS, sender=f"{'x' * 64}@{'y' * 60}.{'z' * 60}.test")):
        mail = notice.notice_mail(SETTINGS, facts)
        assert mail.isascii()
        assert all(len(line) <= 72 or "/n/" in line for line in read(mail).get_content().splitlines())


HOSTILE = [
    "Eve\r\nBcc: victim@x.test", "Eve\nKey: 0000-0000", "Eve\r\n\r\n<html>", "Eve\x00\x1b[2J", "\u202eevE",
    '"Eve" <boss@bank.test>', "https://evil.test/n/AAAA#BBBB", "Eve\u2028Key: 0000", "\ud800", "=?utf-8?q?=0D=0ABcc:?=",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_add_no_line_no_field_and_no_link(name):
    tenant = Tenant(name="acme", display_name=name, contact=name)
    plain = read(notice.notice_mail(SETTINGS, FACTS))
    for facts in (replace(FACTS, sender_name=name), replace(FACTS, tenant=tenant)):
        mail = notice.notice_mail(SETTINGS, facts)
        message = read(mail)
        assert message.keys() == plain.keys() and str(message["From"]).endswith("<notice@post.test>")
        lines = message.get_content().splitlines()
        assert sum(line.startswith("Key: ") for line in lines) == 1
        assert "\u202e" not in str(message["From"]) + message.get_content() and b"\0" not in mail
    text = read(notice.notice_mail(SETTINGS, replace(FACTS, sender_name=name))).get_content()
    assert text.count("://") == 1 and text.count("#") == 1


def test_the_code_is_the_beginning_of_the_subject():
    message = read(notice.code_mail(SETTINGS, "bob@out.test", "48219034", "Acme Clinic", "b" * 32))
    assert message["Subject"].startswith("4821 9034 ")
    assert max(map(len, message.get_content().splitlines())) <= 72
    assert "ignore this mail" in " ".join(message.get_content().split())


def test_a_name_beyond_ascii_and_an_address_beyond_ascii():
    mail = notice.notice_mail(SETTINGS, replace(FACTS, sender_name="Jörg Müller", address="jörg@bücher.test"))
    message = read(mail)
    assert message["From"] == "Jörg Müller via Acme Clinic <notice@post.test>"
    assert "To: <jörg@bücher.test>\r\n".encode() in mail and message.get_content().startswith("Jörg Müller")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    key = rsa.generate_private_key(65537, 2048)
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                                       serialization.NoEncryption()))
    public = key.public_key().public_bytes(serialization.Encoding.DER,
                                           serialization.PublicFormat.SubjectPublicKeyInfo)
    return path, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def test_dkim_verifies_and_notices_any_change(pair):
    path, record = pair
    asked = []

    def dns(name, **_):
        asked.append(name)
        return record

    mail = notice.notice_mail({**SETTINGS, "dkim_key": str(path)}, replace(FACTS, sender_name="Jörg Müller"))
    assert dkim.verify(mail, dnsfunc=dns) and set(asked) == {b"sealgate._domainkey.post.test."}
    assert not dkim.verify(mail.replace(b"/n/7KQ2M9XW", b"/n/7KQ2M9XX"), dnsfunc=dns)
    for name in (b"From", b"Subject", b"To", b"Message-ID"):
        assert not dkim.verify(mail.replace(b"\r\n" + name + b": ", b"\r\n" + name + b": x", 1), dnsfunc=dns), name
    code = notice.code_mail({**SETTINGS, "dkim_key": str(path)}, "b@out.test", "48219034", "Acme", "b" * 32)
    assert dkim.verify(code, dnsfunc=dns)


def test_without_a_readable_key_the_notice_waits(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        notice.notice_mail({**SETTINGS, "dkim_key": str(tmp_path / "none")}, FACTS)
