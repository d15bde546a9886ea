"""Delivery status notifications in our own words: well-formed, and without a way to smuggle anything in."""

import email
import email.policy

import pytest

from sealgate_delivery import dsn

SETTINGS = {"hostname": "cloud.test"}


def parts(mail):
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert message.get_content_type() == "multipart/report" and not message.defects
    assert message["Content-Type"].params["report-type"] == "delivery-status"
    return message, list(message.iter_parts())


def test_the_three_parts():
    mail = dsn.report(SETTINGS, "jane@acme.test", "bob@out.test", "5.1.1", "Check the address.", "<1@acme.test>")
    message, (text, status, header) = parts(mail)
    assert message["To"] == "jane@acme.test" and message["From"] == "Mail delivery <postmaster@cloud.test>"
    assert message["Message-ID"].startswith("<sealgate.") and message["Auto-Submitted"] == "auto-replied"
    assert "bob@out.test" in text.get_content() and "Check the address." in text.get_content()
    about_all, about_one = status.iter_parts() if status.is_multipart() else status.get_payload()
    assert about_all["Reporting-MTA"] == "dns; cloud.test"
    assert about_one["Final-Recipient"] == "rfc822; bob@out.test" and about_one["Action"] == "failed"
    assert about_one["Status"] == "5.1.1"
    assert header.get_content_type() == "text/rfc822-headers" and "<1@acme.test>" in header.as_string()


def test_addresses_beyond_ascii():
    mail = dsn.report(SETTINGS, "jörg@acme.test", "bücher@out.test", "5.1.1", "x", "")
    _, (text, status) = parts(mail)
    assert "bücher@out.test" in text.get_content()
    assert b"Final-Recipient: utf-8; b\\x{FC}cher@out.test" in mail
    assert status.get_content_type() == "message/delivery-status"


@pytest.mark.parametrize("hostile", [
    "a\r\nBcc: x@y.test\r\n@b", "a\n\n--sealgate\nx@b", "\0@b", "a@b\r\n\r\n<html>", "\ud800@b", "x" * 5000 + "@b"])
def test_hostile_values_add_no_field(hostile):
    plain, three = parts(dsn.report(SETTINGS, "a@b", "a@b", "5.0.0", "x", "<1@b>"))
    for given in (("a@b", hostile, "<1@b>"), (hostile, "a@b", "<1@b>"), ("a@b", "a@b", hostile)):
        mail = dsn.report(SETTINGS, given[0], given[1], "5.0.0", "x", given[2])
        message, found = parts(mail)
        assert message.keys() == plain.keys() and len(found) == len(three)
        assert all(len(line) < 998 for line in mail.split(b"\r\n"))
        assert b"\nBcc" not in mail and b"\0" not in mail
