"""The engine, through its front door: messages in, verdicts out."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packages import zipped

import sealgate_milter
from sealgate_milter.classify import classify
from sealgate_milter.message import Message, from_bytes, from_file
from sealgate_milter.policy import load_policy
from sealgate_milter.search import masked
from sealgate_milter.verdict import Action, Unreadable, Verdict

MESSAGES = Path(__file__).resolve().parents[1] / "messages"
SHIPPED = load_policy(Path(sealgate_milter.__file__).with_name("policy.toml"), ["corp.example"])
OUTSIDE = "bob@outside.example"
ARCHIVE = zipped(("sub/pay.xls", "x"))


def no_thread(ids):
    return False


def judge(content: bytes, policy=SHIPPED, recipients=(OUTSIDE,), sender="ann@corp.example", known=no_thread) -> Verdict:
    return classify(from_bytes(content, sender, recipients), policy, known)


def action(verdict: Verdict, recipient: str = OUTSIDE) -> Action:
    return verdict.recipients[recipient].action


def made(tmp_path, source: str):
    path = tmp_path / "policy.toml"
    path.write_text(source)
    return load_policy(path, ["corp.example"])


def ruled(tmp_path, condition: str, then: str = "secure"):
    return made(tmp_path, f'[tests.t]\n{condition}\n[[rules]]\nname = "r"\nwhen = "t"\nthen = "{then}"\n')


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("ssn-*.eml")), ids=lambda path: path.stem)
def test_a_number_is_found_however_it_is_wrapped(path):
    verdict = classify(from_file(path, "ann@corp.example", (OUTSIDE,)), SHIPPED, no_thread)
    assert verdict.recipients[OUTSIDE].rule == "personal-number"
    assert {finding.detector for finding in verdict.findings} == {"us-ssn"}


@pytest.mark.parametrize("name", ["clean", "photo"])
def test_ordinary_messages_stay_clear(name):
    verdict = classify(from_file(MESSAGES / f"{name}.eml", "", (OUTSIDE,)), SHIPPED, no_thread)
    assert action(verdict) is Action.CLEAR
    assert not verdict.unreadable


def test_a_document_that_is_none_is_unreadable_and_secured():
    verdict = classify(from_file(MESSAGES / "office-file.eml", "", (OUTSIDE,)), SHIPPED, no_thread)
    assert action(verdict) is Action.SECURE
    assert verdict.unreadable == (Unreadable("2/a.docx", "corrupt"),)


def test_what_is_sealed_for_its_reader_is_unreadable():
    verdict = classify(from_file(MESSAGES / "pgp.eml", "", (OUTSIDE,)), SHIPPED, no_thread)
    assert verdict.recipients[OUTSIDE].rule == "cannot-read"
    assert {part.reason for part in verdict.unreadable} == {"encrypted"}


def test_internal_recipients_stay_clear_and_each_outside_one_has_its_own_rule(tmp_path):
    (tmp_path / "l.txt").write_text("boss@x.example # the boss\n")
    policy = made(
        tmp_path,
        '[tests.ssn]\ndetector="us-ssn"\n'
        '[tests.partner]\nrecipient=["partner.example", ".near.example", "file:l.txt"]\n'
        '[[rules]]\nname="trusted"\nwhen="partner"\nunless="not ssn"\nthen="clear"\n'
        '[[rules]]\nname="number"\nwhen="ssn"\nthen="hold"\n',
    )
    recipients = ("a@corp.example", "root", "a@partner.example", "b@x.near.example", "Boss@X.example", "c@x.example")
    verdict = judge(b"\r\n123-45-6789", policy, recipients)
    assert [d.action.value for d in verdict.recipients.values()] == ["clear"] * 5 + ["hold"]
    assert [d.rule for d in verdict.recipients.values()] == [None, None, "trusted", "trusted", "trusted", "number"]


@pytest.mark.parametrize(
    ("condition", "content", "holds"),
    [
        ('header = "Sensitivity: company-*"', b"sensitivity: Company-Confidential\n\nx", True),
        ('header = "Sensitivity: private"', b"Sensitivity: personal\n\nx", False),
        ('header = "X-Mark"', b"X-Mark:\n\nx", True),
        ('sender = "corp.example"', b"\nx", True),
        ('sender = "ann@"', b"\nx", True),
        ('sender = "other.example"', b"\nx", False),
        ('words = ["top secret", "diagnos*"]', b"\nTOP\n  Secret!", True),
        ('words = ["top secret", "diagnos*"]', b"\nher diagnosis", True),
        ('words = ["top secret"]', b"\nstop secrets", False),
        ('words = ["caf\u00e9"]', b"Content-Type: text/plain; charset=iso-8859-1\n\nein Caf\xe9.", True),
        ('words = ["a"]\nat_least = 2', b"\na a a", False),
        ('words = ["a", "b"]\nat_least = 2', b"\na xxxxxxxxxxxxxxxxxx b", True),
        ('words = ["a", "b"]\nat_least = 2\nwithin = 10', b"\na xxxxxxxxxxxxxxxxxx b", False),
        ('words = ["a", "b"]\nat_least = 2\nwithin = 30', b"\na xxxxxxxxxxxxxxxxxx b", True),
        ("regex = '(?i)falcon-\\d+'", b"\nFALCON-12", True),
        ("regex = '^x'", b"\nyx", False),
        ('words = ["w"]\nscope = ["subject"]', b"Subject: b\n\nw", False),
        ('words = ["w"]\nscope = ["subject"]', b"Subject: w\n\nb", True),
        ('words = ["w"]\nscope = ["headers"]', b"To: =?utf-8?q?w?= <x@y.example>\n\nb", True),
        ('words = ["w"]\nscope = ["attachment"]', b"Content-Disposition: attachment\n\nw", True),
        ('words = ["w"]\nscope = ["file-name"]', b"Content-Disposition: attachment; filename=w.txt\n\nx", True),
        ('words = ["w"]\nscope = ["file-name"]', b"Content-Disposition: attachment; filename=x.txt\n\nw", False),
        ('words = ["w"]\nscope = ["body"]', b"Content-Disposition: attachment\n\nw", False),
        ('attachment_name = "*.XLS*"', b"Content-Type: a/b; name=\"=?utf-8?q?pay.xlsx?=\"\n\n\1", True),
        ('attachment_name = "pay*.xls"', b"Content-Disposition: attachment\n\n" + ARCHIVE, True),
        ('attachment_name = "sub*"', b"Content-Disposition: attachment\n\n" + ARCHIVE, False),
        ('attachment_type = "image/*"', b"Content-Type: image/png\n\n\x89PNG", True),
        ("larger_than = 100", b"\n" + b"x" * 101, True),
        ('larger_than = "1 KB"', b"\n" + b"x" * 101, False),
        ('unreadable = ["corrupt"]', b"Content-Type: application/pdf\n\n%PDF-1.4", True),
        ('unreadable = ["unsupported"]', b"Content-Type: application/x-secret\n\n\0\1\2\3", True),
        ("unreadable = true", b"\nx", False),
    ],
)  # fmt: skip
def test_conditions(tmp_path, condition, content, holds):
    assert (action(judge(content, ruled(tmp_path, condition))) is Action.SECURE) is holds


def test_reply_to_secure_asks_for_the_ids_of_the_thread():
    asked = []

    def known(ids):
        asked.extend(ids)
        return "<b@x>" in ids

    head = b"In-Reply-To: <a@x>\r\nReferences: <a@x>\r\n <b@x> junk\r\n\r\nx"
    assert judge(head, known=known).recipients[OUTSIDE].rule == "thread"
    assert asked == ["<a@x>", "<b@x>"]
    assert action(judge(b"\r\nx", known=lambda ids: True)) is Action.CLEAR


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (b" [secure] Lunch", b" Lunch"),
        (b"Re: [SECURE] Lunch at [noon]", b"Re: Lunch at [noon]"),
        (b"Lunch [Secure]", b"Lunch"),
        (b"[secure][encrypt]Lunch", b"Lunch"),
        (b"[secure] caf\xe9", b"caf\xe9"),
        (b"[secure]\r\n long\r\n subject", b"\r\n long\r\n subject"),
        (b"=?utf-8?Q?[secure]_H=C3=A9?= =?iso-8859-1?Q?rest=E9?=", b"=?utf-8?B?SMOp?= =?iso-8859-1?Q?rest=E9?="),
        (b"=?utf-8?B?W3NlY3Vy?= =?utf-8?Q?e=5D_x?= tail", b"=?utf-8?B?eA==?= tail"),
        ("［secure］ x".encode(), b"x"),
        (b"[secure]", b""),
    ],
)
def test_subject_tag_is_removed_and_the_rest_stays(raw, left):
    verdict = judge(b"Subject: " + raw + b"\r\n\r\nx")
    assert verdict.recipients[OUTSIDE].rule == "asked"
    assert list(verdict.subjects) == [1]
    assert verdict.subjects[1].strip(b" ") == left.strip(b" ")


def test_subject_stays_when_the_tag_decided_nothing(tmp_path):
    tagged = b"Subject: [secure] x\r\n\r\nx"
    assert judge(tagged, recipients=("a@corp.example",)).subjects == {}
    observed = made(
        tmp_path, 'mode="observe"\n[tests.t]\nsubject="[secure]"\n[[rules]]\nname="r"\nwhen="t"\nthen="secure"'
    )
    verdict = judge(tagged, observed)
    assert (verdict.mode, verdict.subjects, action(verdict)) == ("observe", {}, Action.SECURE)
    assert judge(b"Subject: x\r\n\r\n123-45-6789").subjects == {}


def test_evidence_names_part_offset_and_a_masked_sample():
    finding = judge(b"\r\nAh \xc3\xa9 123-45-6789, again 123-45-6789").findings[0]
    assert (finding.part, finding.offset, finding.count, finding.sample) == ("1", 5, 1, "12*-**-**89")
    assert masked("secret") == "s****t"
    assert masked("x") == "*"


HOSTILE = {
    "5000 parts": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * 5000 + b"--a--\n",
    "deep": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)) + b"\nx",
    "same boundary deep": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 3000,
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 5000 + b"\nx",
    "long header": b"X-Long: " + b"(" * 100_000 + b"\nTo: " + b"a@b.example, " * 8000 + b"\n\nx",
    "long folded header": b"Subject: x" + b"\n =?utf-8?q?a?=" * 20_000 + b"\n\nx",
    "many parameters": b"Content-Type: text/plain" + b'; a*0*="x' * 20_000 + b"\n\nx",
    "8-bit and NUL": bytes(range(256)) * 40 + b"\n\n" + bytes(range(256)) * 4000,
    "charset with NUL": b"Content-Type: multipart/mixed; boundary=x; charset=a\0b\n\n\xff\n",
    "nested tags": b"Content-Type: text/html\n\n" + b"<div><b>" * 60_000,
    "formatting": b"Content-Type: text/html\n\n"
    + b"".join(b"<font color=%d>" % n for n in range(9000))
    + b"<p>" * 9000,
    "unclosed comments": b"Content-Type: text/html\n\n" + b"<!-- <a alt='" * 60_000,
    "combining marks": b"Content-Type: text/plain; charset=utf-8\n\n" + "\u0301\u0327".encode() * 100_000,
    "boundary lines": b"Content-Type: multipart/mixed; boundary=-\n\n" + b"--" * 300_000,
    "numbers": b"\n" + b"41 " * 60_000,
    "dashes": b"\n" + b"123-45-6789 " * 15_000,
    "many header fields": b"Subject: x\n" * 20_000 + b"\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_messages_get_a_verdict_within_a_second(content):
    start = time.process_time()
    verdict = judge(content)
    assert time.process_time() - start < 1
    assert set(verdict.recipients) == {OUTSIDE}


@pytest.mark.parametrize(
    ("name", "reason"), [("5000 parts", "too-many"), ("deep", "too-deep"), ("messages in messages", "too-deep")]
)
def test_limits_are_findings_and_secure_by_the_shipped_policy(name, reason):
    verdict = judge(HOSTILE[name])
    assert reason in {part.reason for part in verdict.unreadable}
    assert verdict.recipients[OUTSIDE].rule == "cannot-read"


PIECES = st.sampled_from([
    b"\n", b"\r\n", b"\n\n", b"\r", b"--a", b"--a--", b"Content-Type: multipart/mixed; boundary=a", b"\0", b"=?", b"?=",
    b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64", b"text/html; charset=", b"utf-16", b"utf-7",
    b"Content-Type: text/plain; charset=punycode", b"=?x?q?", b"=?utf-8?b?", b"Subject: [secure]", b"\xff\xfe",
    b"\xe2\x80",
    b"filename*0*=", b"'", b'"', b";", b"<b>", b"<!--", b"&#", b"DE89", b"4111 1111 1111 1111", b"123-45-6789", b" ",
    b"Content-Transfer-Encoding: x-uuencode", b"begin 644 x\n", b"=", b"%41", b"idna", b"zlib",
    b"Content-Disposition: x",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=40).map(b"".join))
def test_nothing_raises(content):
    assert set(judge(content).recipients) == {OUTSIDE}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([b"Subject", b"To", b"Content-Type", b"References"]), st.binary(max_size=80))),
    st.binary(max_size=200),
    st.text(max_size=30),
)
def test_nothing_raises_on_fields_as_the_milter_hands_them_over(header, body, address):
    verdict = classify(Message(address, (address, OUTSIDE), tuple(header), body), SHIPPED, no_thread)
    assert OUTSIDE in verdict.recipients
