"""The plan of changes, without a mail server."""

from dataclasses import replace

import pytest

from sealgate_core import tag
from sealgate_core.status import Refusal
from sealgate_milter import routing, tagging
from sealgate_milter.changes import AddField, AddRecipient, ChangeField, DeleteRecipient, Quarantine, ReplaceBody
from sealgate_milter.transaction import Transaction
from sealgate_milter.verdict import Action, Decision

KEY = bytes(range(32))
STAMP = "11111111-2222-3333-4444-555555555555"
SECURE = Decision(Action.SECURE, "PHI")
CLEAR = Decision(Action.CLEAR)
REJECT = Decision(Action.REJECT, "no")
HEADER = [(b"From", b"a@corp.test"), (b"Subject", b"[secure] hello"), (b"Message-ID", b"<1@corp.test>")]


def transaction(*recipients, sender="<a@corp.test>", header=(), body=b"text\r\n"):
    made = Transaction(sender, 10**6)
    for recipient in recipients:
        rcpt_to, *parameters = recipient if isinstance(recipient, tuple) else (recipient,)
        made.add_recipient(rcpt_to, tuple(parameters))
    made.header = [*HEADER, *header]
    made.add_body(body)
    return made


def plan(made, decisions, subjects=None, body=None, **more):
    proven = tagging.proof(made, KEY)
    return tagging.plan(made, decisions, subjects or {}, KEY, proven=proven, body=body, stamp=STAMP, **more)


def field_of(changes) -> str:
    (found,) = [change for change in changes if isinstance(change, AddField)]
    return found.value


def tagged(made) -> bytes:
    content = tag.content_digest(made.header, made.body)
    return tag.make(KEY, STAMP, "PHI", made.sender, content).encode()


@pytest.mark.parametrize(
    ("rcpt_to", "target", "original"),
    [
        ("<u@ext.test>", "<u@ext.test.sealgate.invalid>", "rfc822;u@ext.test"),
        ("u@ext.test", "<u@ext.test.sealgate.invalid>", "rfc822;u@ext.test"),
        ("<U+tag@Ext.Test>", "<U+tag@Ext.Test.sealgate.invalid>", "rfc822;U+2Btag@Ext.Test"),
        ('<"quo ted"@ext.test>', '<"quo ted"@ext.test.sealgate.invalid>', 'rfc822;"quo+20ted"@ext.test'),
        ("<u@ext.test.>", "<u@ext.test.sealgate.invalid>", "rfc822;u@ext.test."),
        ("<100%@ext.test>", "<100%@ext.test.sealgate.invalid>", "rfc822;100%@ext.test"),
        ("<jörg@dömain.test>", "<jörg@dömain.test.sealgate.invalid>", "utf-8;jörg@dömain.test"),
    ],
)
def test_a_secure_recipient_is_replaced(rcpt_to, target, original):
    made = transaction(rcpt_to)
    changes = plan(made, {rcpt_to: SECURE})
    assert changes[:2] == [DeleteRecipient(rcpt_to), AddRecipient(target, f"ORCPT={original}")]
    assert tag.verify(field_of(changes), KEY, "a@corp.test", tag.content_digest(made.header, made.body)) == STAMP
    assert "rule=PHI" in field_of(changes)


def test_the_callers_dsn_parameters_are_kept():
    rcpt = ("<u@ext.test>", "NOTIFY=SUCCESS,DELAY", "orcpt=rfc822;Other+2Bone@ext.test")
    changes = plan(transaction(rcpt), {"<u@ext.test>": SECURE})
    assert changes[1].parameters == "ORCPT=rfc822;Other+2Bone@ext.test NOTIFY=SUCCESS,DELAY"


def test_an_orcpt_that_shows_the_suffix_is_not_kept():
    rcpt = ("<u@ext.test.sealgate.invalid>", "ORCPT=rfc822;u@ext.test.sealgate.invalid")
    changes = plan(transaction(rcpt), {rcpt[0]: CLEAR})
    assert changes[1] == AddRecipient("<u@ext.test>", "ORCPT=rfc822;u@ext.test")


def test_clear_recipients_and_clear_messages_are_untouched():
    assert plan(transaction("<u@ext.test>"), {"<u@ext.test>": CLEAR}, subjects={1: b"hello"}) == []
    changes = plan(transaction("<i@corp.test>", "<u@ext.test>"), {"<i@corp.test>": CLEAR, "<u@ext.test>": SECURE})
    assert not [c for c in changes if isinstance(c, DeleteRecipient) and "corp" in c.recipient]


def test_reject_is_a_route():
    changes = plan(transaction("<u@ext.test>"), {"<u@ext.test>": Decision(Action.REJECT, "r")})
    assert changes[1].recipient == "<u@ext.test.reject.sealgate.invalid>"
    assert field_of(changes)


def test_a_held_recipient_holds_the_message_and_has_the_way_of_its_release():
    held = Decision(Action.HOLD, "r\n%s")
    changes = plan(transaction("<u@ext.test>"), {"<u@ext.test>": held})
    assert [type(change) for change in changes] == [AddField, Quarantine]
    assert changes[1].reason == "rule r??s"
    changes = plan(transaction("<u@ext.test>"), {"<u@ext.test>": replace(held, released=Action.SECURE)})
    assert changes[1].recipient == "<u@ext.test.hold.sealgate.invalid>"
    assert isinstance(changes[-1], Quarantine)


def test_the_tag_of_held_mail_names_the_rule_that_holds():
    decisions = {"<v@ext.test>": SECURE, "<u@ext.test>": Decision(Action.HOLD, "falcon")}
    changes = plan(transaction("<v@ext.test>", "<u@ext.test>"), decisions)
    assert "rule=falcon" in field_of(changes)
    assert changes[-1] == Quarantine("rule falcon")


def test_held_mail_that_is_requeued_is_held_again():
    made = transaction("u@ext.test.hold.sealgate.invalid")
    made.header.append((b"X-Sealgate", tagged(made)))
    assert not tagging.stays(made.recipients[0], tagging.proof(made, KEY))
    again = plan(made, {made.recipients[0].rcpt_to: Decision(Action.HOLD, "r", released=Action.SECURE)})
    assert again == [Quarantine("rule r")]


def test_blind_copies_are_added_once_and_tell_the_sender_nothing():
    made = transaction("<u@ext.test>", "<archive@corp.test>")
    copies = {"archive@corp.test": CLEAR, "watch@corp.test": CLEAR, "w@ext.test": SECURE, "n@ext.test": REJECT}
    changes = plan(made, {"<u@ext.test>": SECURE, "<archive@corp.test>": CLEAR}, copies=copies)
    assert [c for c in changes if isinstance(c, AddRecipient)][1:] == [
        AddRecipient("<watch@corp.test>", "ORCPT=rfc822;watch@corp.test NOTIFY=NEVER"),
        AddRecipient("<w@ext.test.sealgate.invalid>", "ORCPT=rfc822;w@ext.test NOTIFY=NEVER"),
    ]


def test_every_subject_is_changed_the_last_one_first():
    made = transaction("<u@ext.test>", header=[(b"subject", b"[secure]")])
    changes = plan(made, {"<u@ext.test>": SECURE}, subjects={1: b"hello", 2: b""})
    assert changes[:2] == [ChangeField("Subject", 2, ""), ChangeField("Subject", 1, "hello")]
    after = [(b"Subject", b"hello") if f[0] == b"Subject" else f for f in HEADER]
    assert tag.verify(field_of(changes), KEY, "a@corp.test", tag.content_digest(after, made.body)) == STAMP


def test_the_digest_covers_the_changed_subject():
    made = transaction("<u@ext.test>")
    changes = plan(made, {"<u@ext.test>": SECURE}, subjects={1: b"hello"})
    assert changes[0] == ChangeField("Subject", 1, "hello")
    after = [(name, b" hello" if name == b"Subject" else value) for name, value in made.header]
    assert tag.verify(field_of(changes), KEY, "a@corp.test", tag.content_digest(after, made.body)) == STAMP


@pytest.mark.parametrize("raw", [b"Gr\xfc\xdfe", b"two\n\tlines", "Grüße".encode(), b"a\r\n\tb\0"])
def test_any_subject_can_be_given_to_libmilter(raw):
    text = tagging.header_text(raw)
    assert text.encode("utf-8")
    assert not set(text) & {"\r", "\0"}


def test_forged_fields_go_highest_index_first():
    forged = [(b"X-Sealgate", b"a"), (b"x-sealgate-peer", b"b"), (b"X-SEALGATE", b"c"), (b"X-Sealgate-Peer", b"d")]
    changes = plan(transaction("<u@ext.test>", header=forged), {"<u@ext.test>": CLEAR})
    assert changes == [
        ChangeField("X-Sealgate-Peer", 2, ""),
        ChangeField("X-SEALGATE", 2, ""),
        ChangeField("x-sealgate-peer", 1, ""),
        ChangeField("X-Sealgate", 1, ""),
    ]


def test_a_requeued_message_keeps_tag_stamp_and_route():
    made = transaction("u@ext.test.sealgate.invalid", sender="a@corp.test")
    made.header += [(b"X-Sealgate", b"forged"), (b"X-Sealgate", tagged(made))]
    proven = tagging.proof(made, KEY)
    assert proven == tagging.Proof(STAMP, 2)
    assert tagging.stays(made.recipients[0], proven)
    assert plan(made, {}) == [ChangeField("X-Sealgate", 1, "")]


def test_a_recipient_without_suffix_is_secured_under_the_old_tag():
    made = transaction("<u@ext.test.sealgate.invalid>", "<new@ext.test>")
    made.header.append((b"X-Sealgate", tagged(made)))
    changes = plan(made, {"<new@ext.test>": SECURE})
    assert changes == [
        DeleteRecipient("<new@ext.test>"),
        AddRecipient("<new@ext.test.sealgate.invalid>", "ORCPT=rfc822;new@ext.test"),
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made.header.append((b"Subject", b"another")),
        lambda made: made.add_body(b"more"),
        lambda made: setattr(made, "mail_from", "<b@corp.test>"),
    ],
)
def test_a_tag_of_another_message_proves_nothing(spoil):
    made = transaction("<u@ext.test.sealgate.invalid>")
    made.header.append((b"X-Sealgate", tagged(made)))
    spoil(made)
    assert tagging.proof(made, KEY) is None
    assert not tagging.stays(made.recipients[0], None)


def test_a_suffix_without_a_tag_is_stripped_and_judged_anew():
    given = "<u@ext.test.sealgate.invalid.sealgate.invalid>"
    assert plan(transaction(given), {given: CLEAR}) == [
        DeleteRecipient(given),
        AddRecipient("<u@ext.test>", "ORCPT=rfc822;u@ext.test"),
    ]
    assert plan(transaction(given), {given: SECURE})[1].recipient == "<u@ext.test.sealgate.invalid>"


def test_a_held_recipient_is_judged_again():
    made = transaction("<u@ext.test.hold.sealgate.invalid>")
    made.header.append((b"X-Sealgate", tagged(made)))
    assert not tagging.stays(made.recipients[0], tagging.proof(made, KEY))
    changes = plan(made, {made.recipients[0].rcpt_to: SECURE})
    assert changes[1].recipient == "<u@ext.test.sealgate.invalid>"
    assert not [change for change in changes if isinstance(change, AddField)], "the stamp stays"


@pytest.mark.parametrize(
    "rcpt_to", ["<u@[192.0.2.1]>", f"<u@{'d' * 60}.{'e' * 60}.{'f' * 60}.{'g' * 60}.test>", f"<{'l' * 65}@ext.test>"]
)
def test_an_address_that_cannot_be_secured_is_refused_in_clear_words(rcpt_to):
    with pytest.raises(Refusal) as refusal:
        plan(transaction(rcpt_to), {rcpt_to: SECURE})
    assert (refusal.value.reply.code, refusal.value.reply.enhanced) == (550, "5.1.3")
    assert "confidential" in refusal.value.reply.text
    assert plan(transaction(rcpt_to), {rcpt_to: CLEAR}) == []


def test_a_bounce_to_such_an_address_is_rejected_by_route():
    changes = plan(transaction("u@[192.0.2.1]", sender=""), {"u@[192.0.2.1]": SECURE})
    assert changes[1].recipient == "<unsuitable@address.invalid.reject.sealgate.invalid>"


def test_octets_that_are_not_utf8_are_refused_not_guessed():
    rcpt_to = "<\udce4@ext.test>"
    with pytest.raises(Refusal):
        plan(transaction(rcpt_to), {rcpt_to: SECURE})
    assert plan(transaction(rcpt_to), {rcpt_to: CLEAR}) == []


@pytest.mark.parametrize(
    ("rcpt_to", "judged"),
    [
        ("<u@ext.test>", "u@ext.test"),
        ("<u%ext.test@corp.test>", "u@ext.test"),
        ("<ext.test!u@corp.test>", "u@ext.test"),
        ('<"u@ext.test"@corp.test>', "u@ext.test"),
        ("<@corp.test:u@ext.test>", "u@ext.test"),
        ("<u%ext.test>", "u@ext.test"),
        ("<u%x@ext.test>", "u%x@ext.test"),
        ("<i@corp.test>", "i@corp.test"),
        ("<root>", "root"),
        ("<u@[IPv6:2001:db8::1]>", "u@[IPv6:2001:db8::1]"),
        ('<"quo ted(,;"@corp.test>', '"quo ted(,;"@corp.test'),
        ("<jörg@dömain.test>", "jörg@dömain.test"),
        ("<u@ext.test(@corp.test>", routing.ODD),
        ("<u@ext.test (x)@corp.test>", routing.ODD),
        ("u@ext.test <i@corp.test", routing.ODD),
        ("quo ted@corp.test", routing.ODD),
    ],
)
def test_source_routing_does_not_hide_the_destination(rcpt_to, judged):
    made = transaction(rcpt_to)

    def internal(address):
        return "@" not in address or address.endswith("@corp.test")

    assert routing.judged_address(made.recipients[0], internal) == judged


def test_a_source_routed_secure_recipient_is_refused():
    rcpt_to = "<u%ext.test@corp.test>"
    with pytest.raises(Refusal, match="cannot be secured"):
        plan(transaction(rcpt_to), {rcpt_to: SECURE}, routed=frozenset({rcpt_to}))


def test_a_foreign_sender_is_refused_only_with_secure_mail():
    ours = frozenset({"corp.test"})
    tagging.refuse_foreign("a@Corp.Test", ours, [SECURE])
    tagging.refuse_foreign("", ours, [SECURE])
    tagging.refuse_foreign("a@else.test", ours, [CLEAR])
    with pytest.raises(Refusal) as refusal:
        tagging.refuse_foreign("a@else.test", ours, [SECURE])
    assert str(refusal.value.reply).startswith("550 5.7.1")


def test_reject_refuses_the_message_only_when_every_outside_recipient_is_rejected():
    def internal(address):
        return address.endswith("@corp.test")

    reject = Decision(Action.REJECT, "no-go")
    made = transaction("<i@corp.test>", "<u@ext.test>", "<v@ext.test>")
    mixed = {"<i@corp.test>": CLEAR, "<u@ext.test>": reject, "<v@ext.test>": SECURE}
    assert tagging.rejected(made, mixed, internal, "no") is None
    refusal = tagging.rejected(made, mixed | {"<v@ext.test>": reject}, internal, "not allowed")
    assert refusal is not None
    assert str(refusal.reply) == "550 5.7.1 not allowed"
    made.mail_from = ""
    assert tagging.rejected(made, mixed | {"<v@ext.test>": reject}, internal, "a refused bounce would loop") is None


def test_a_new_body_comes_last_in_one_run():
    changes = plan(transaction("i@corp.test", sender=""), {"i@corp.test": CLEAR}, body=b"new\r\n")
    assert changes == [ReplaceBody(b"new\r\n")]
    changes = plan(transaction("u@ext.test", sender=""), {"u@ext.test": SECURE}, body=b"new\r\n")
    assert isinstance(changes[-1], ReplaceBody)
    assert tag.verify(field_of(changes), KEY, "", tag.content_digest(HEADER, b"new\r\n")) == STAMP


def test_the_same_recipient_twice_is_one():
    made = transaction("<u@ext.test>", "<u@ext.test>")
    assert len(made.recipients) == 1
