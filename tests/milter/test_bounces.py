"""Postfix's own notices lose the routing suffix, the returned message does not."""

from sealgate_milter.bounces import cleaned

HEADER = [
    (b"From", b"MAILER-DAEMON@gw.corp.test (Mail Delivery System)"),
    (b"Content-Type", b'multipart/report; report-type=delivery-status;\n\tboundary="4ABC.1700000000/gw.corp.test"'),
]
BODY = b"""\
This is a MIME-encapsulated message.\r
\r
--4ABC.1700000000/gw.corp.test\r
Content-Description: Notification\r
Content-Type: text/plain; charset=us-ascii\r
\r
<u@ext.test.sealgate.invalid>: connect to cloud: Connection refused\r
<v@ext.test.HOLD.Sealgate.Invalid>: held\r
\r
--4ABC.1700000000/gw.corp.test\r
Content-Description: Delivery report\r
Content-Type: message/delivery-status\r
\r
Final-Recipient: rfc822; u@ext.test.sealgate.invalid\r
Original-Recipient: rfc822;u@ext.test\r
\r
--4ABC.1700000000/gw.corp.test\r
Content-Description: Undelivered Message\r
Content-Type: message/rfc822\r
\r
Subject: kept\r
\r
Talking of ext.test.sealgate.invalid as such.\r
\r
--4ABC.1700000000/gw.corp.test--\r
"""


def test_the_suffix_goes_from_what_people_and_programs_read():
    new = cleaned("", HEADER, BODY)
    told, returned = new.split(b"Content-Type: message/rfc822")
    assert b"sealgate" not in told.lower()
    assert b"<u@ext.test>: connect" in told
    assert b"<v@ext.test>: held" in told
    assert b"Final-Recipient: rfc822; u@ext.test\r\n" in told
    assert returned == BODY.split(b"Content-Type: message/rfc822")[1]


def test_smtputf8_notices_are_notices_too():
    body = BODY.replace(b"message/delivery-status", b"message/global-delivery-status")
    new = cleaned("", HEADER, body.replace(b"message/rfc822", b"message/global"))
    assert b"Final-Recipient: rfc822; u@ext.test\r\n" in new
    assert b"Talking of ext.test.sealgate.invalid" in new


def test_anything_else_stays():
    assert cleaned("a@corp.test", HEADER, BODY) is None
    assert cleaned("", [(b"Content-Type", b"text/plain")], BODY) is None
    assert cleaned("", [(b"Content-Type", b"multipart/report")], BODY) is None
    assert cleaned("", HEADER, b"nothing of ours\r\n") is None
    assert cleaned("", HEADER, BODY[BODY.index(b"Content-Description: Undelivered") :]) is None
