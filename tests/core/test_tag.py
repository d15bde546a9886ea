"""The tag and the peer field: what verifies, what is forged, what a digest covers."""

from hypothesis import given
from hypothesis import strategies as st

from sealgate_core import tag

KEY, BODY = b"k" * 32, b"text\r\nmore\r\n"
HEADER = ((b"Received", b" by a"), (b"From", b" a@b.test"), (b"Subject", b" one\r\n two"), (b"Date", b" now"))


def test_a_tag_verifies_for_this_message_only():
    content, stamp = tag.content_digest(HEADER, BODY), tag.new_stamp()
    value = tag.make(KEY, stamp, "PHI rule; id=x", "a@b.test", content)
    assert tag.verify(value, KEY, "a@b.test", content) == stamp == tag.stamp_of(value)
    assert value.isascii() and len(value) < 200 and tag.parse(value)["rule"] == "PHI_rule__id_x"
    other = tag.content_digest(HEADER, b"other")
    for wrong in ((KEY, "c@b.test", content), (b"x" * 32, "a@b.test", content), (KEY, "a@b.test", other)):
        assert tag.verify(value, *wrong) is None
    assert tag.verify(value.replace(stamp, tag.new_stamp()), KEY, "a@b.test", content) is None


def test_the_digest_stays_the_same_on_the_way():
    digest = tag.content_digest(HEADER, BODY)
    refolded = (HEADER[1], (b"subject", b" one  two"), HEADER[3], (b"Received", b" by b"), (b"X-Other", b" y"))
    assert tag.content_digest(refolded, BODY.replace(b"\r\n", b"\n") + b"\r\n\r\n") == tag.content_digest(
        (HEADER[1], (b"subject", b" one two"), HEADER[3]), BODY)
    assert tag.content_digest((*HEADER, (b"Received", b" by c")), BODY + b"\r\n") == digest
    for header, body in ((HEADER[:-1], BODY), (HEADER, BODY + b"x"), ((*HEADER, (b"From", b" c@d")), BODY)):
        assert tag.content_digest(header, body) != digest


@given(st.binary(max_size=200))
def test_no_value_breaks_the_parser(value):
    assert isinstance(tag.parse(value), dict)
    assert tag.verify(value, KEY, "", "") is None and (tag.stamp_of(value) is None or b"id" in value)


def test_malformed_tag_lists_are_empty():
    for value in ("", "v=2; id=x", "v=1; v=1", "v=1; id", "id=x", "v=1; =x", "v=1; id=\u00e9"):
        assert tag.parse(value) == {}


def test_only_one_peer_field_above_our_received_line_counts():
    peer = (b"X-Sealgate-Peer", tag.make_peer("acme", "AB:CD").encode())
    received, path = (b"Received", b" x"), (b"Return-Path", b" <>")
    assert tag.trusted_peer((path, peer, received)) == {"v": "1", "tenant": "acme", "fp": "AB:CD"}
    for header in ((received, peer), (peer, peer, received), (peer,), (), (received, peer, received)):
        assert tag.trusted_peer(header) == {}


def test_requeued_mail_keeps_its_peer_and_nobody_else_can_pass_for_it():
    again = (b"Received", b" by cloud.test (Postfix, from userid 102)\r\n\tid D7274ED8A44; Mon, 23 Nov 2026")
    peer = (b"X-Sealgate-Peer", b" v=1; tenant=acme; fp=AB:CD")
    received = (b"Received", b" from mx.acme.test by cloud.test (Postfix) with ESMTPS id 1")
    header = (again, again, peer, received)
    assert tag.trusted_peer(tag.without_requeues(header, 102))["tenant"] == "acme"
    for forged in (header, (received, again, peer, received)):
        assert tag.trusted_peer(tag.without_requeues(forged, 1000)) == {}
    assert tag.trusted_peer(tag.without_requeues((received, again, peer, received), 102)) == {}
    assert tag.without_requeues((again,), 102) == ()
