"""`sealgate-gateway policy test` and `policy replay`, through the front door."""

import json
import mailbox

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate_milter import mailboxes
from sealgate_milter.gateway import main

POLICY = """
internal = ["corp.example"]
[tests.ssn]
detector = "us-ssn"
[tests.thread]
reply_to_secure = true
[[rules]]
name = "number"
when = "ssn"
then = "secure"
[[rules]]
name = "thread"
when = "thread"
then = "secure"
"""
HEAD = "From: Ann <ann@corp.example>\nTo: kim@out.example\nSubject: Hello\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n"
SECRET = "\nMy SSN is 123-45-6789.\n"


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    return path


def attempt(policy, folder, *more):
    return main(["policy", "test", "--policy", str(policy), *more, str(folder)])


def test_expectations_in_messages_and_beside_them(policy, tmp_path, capsys):
    folder = tmp_path / "cases"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.eml").write_text("X-Sealgate-Expect: secure by number\n" + HEAD + SECRET)
    (folder / "b.eml").write_text("From x\nX-Sealgate-Expect: clear\n" + HEAD + "\nnothing\n")
    (folder / "deep/c.eml").write_text(HEAD + SECRET)
    (folder / "deep/c.toml").write_text(
        'expect = { "kim@out.example" = "secure", "Eve@corp.example" = "clear" }\nsender = "ann@corp.example"\n'
        'recipients = ["kim@out.example", "eve@corp.example"]\nat = 2026-11-23T09:00:00\nknown = ["kim@out.example"]\n'
    )
    (folder / "d.eml").write_text("X-Sealgate-Expect: secure by thread\nIn-Reply-To: <a@b>\n" + HEAD + "\nyes\n")
    (folder / "d.toml").write_text("secure_thread = true\n")
    assert attempt(policy, folder, "--verbose") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"policy {policy}\n")
    assert "ok   deep/c.eml" in said
    assert said.endswith("4 messages, 0 failed\n")


@pytest.mark.parametrize(
    ("expected", "complaint"),
    [
        ("X-Sealgate-Expect: clear\n", "kim@out.example: clear expected, got secure by number"),
        ("X-Sealgate-Expect: secure by other\n", "secure by other expected, got secure by number"),
        ("X-Sealgate-Expect: clear for bob@out.example\n", "bob@out.example is expected, but is no recipient"),
        ("X-Sealgate-Expect: clear\n", "true in it: ssn (us-ssn)"),
        ("", "says nothing of what is expected"),
    ],
)
def test_what_differs_is_said(policy, tmp_path, capsys, expected, complaint):
    (tmp_path / "a.eml").write_text(expected + HEAD + SECRET)
    assert attempt(policy, tmp_path) == 1
    assert complaint in capsys.readouterr().out


@pytest.mark.parametrize(
    ("message", "sidecar", "sentence"),
    [
        ("X-Sealgate-Expect: open\n" + HEAD, "", "'open' is no expectation; write one of clear, secure, hold, reject"),
        (HEAD, "expect = 3", "expect is written wrongly"),
        (HEAD, "recipients = [3]", "recipients is written wrongly"),
        (HEAD, 'expected = "clear"', "unknown key 'expected'"),
        (HEAD, "expect", "is not valid TOML"),
    ],
)
def test_mistakes_in_expectations_are_explained(policy, tmp_path, capsys, message, sidecar, sentence):
    (tmp_path / "a.eml").write_text(message + "\nx")
    (tmp_path / "a.toml").write_text(sidecar)
    assert attempt(policy, tmp_path) == 1
    assert sentence in capsys.readouterr().err


def test_an_empty_folder_proves_nothing(policy, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert attempt(policy, tmp_path / "empty") == 1
    assert attempt(policy, policy) == 1
    assert "no *.eml" in capsys.readouterr().err


@pytest.fixture
def sent():
    ids = iter(range(99))
    bodies = [SECRET, "\nnothing\n", "\nproject falcon\n", "\n>From here on\n\nFrom me\n"]
    return [f"Message-ID: <{next(ids)}@corp.example>\n{HEAD}{body}".encode() for body in bodies]


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "new.toml"
    path.write_text(
        POLICY.replace("us-ssn", "iban") + '[tests.falcon]\nwords = ["falcon"]\n[[rules]]\nname = "falcon"\n'
        'when = "falcon"\nthen = "hold"\n'
    )
    return path


def replayed(policy, other, path, *more):
    return main(["policy", "replay", "--policy", str(policy), "--against", str(other), *more, str(path)])


def test_replay_shows_both_policies_side_by_side(policy, other, sent, tmp_path, capsys):
    box = mailbox.mbox(tmp_path / "sent.mbox")
    for content in sent:
        box.add(content)
    box.flush()
    assert replayed(policy, other, tmp_path / "sent.mbox") == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[:4] == [f"now  {policy}", f"new  {other}", "", "4 messages to 4 recipients outside"]
    assert [row.split() for row in rows[6:10]] == [
        ["reject", "0", "0", "-"], ["hold", "0", "1", "+1"], ["secure", "1", "0", "-1"], ["clear", "3", "3", "-"],
    ]  # fmt: skip
    assert any("secure (number) -> clear  (-)" in row for row in rows)
    assert any("clear  -> hold   kim@out.example  (falcon)  message 3: Hello" in row for row in rows)
    assert replayed(policy, policy, tmp_path / "sent.mbox") == 0
    assert "No recipient would have been treated differently" in capsys.readouterr().out


def test_replay_reads_maildirs_folders_and_single_messages(policy, other, sent, tmp_path, capsys):
    maildir = mailbox.Maildir(tmp_path / "Maildir")
    (tmp_path / "eml").mkdir()
    for number, content in enumerate(sent):
        maildir.add(content)
        (tmp_path / f"eml/{number}.eml").write_bytes(content)
    for path, changes in (("Maildir", 2), ("eml", 2), ("eml/0.eml", 1)):
        assert replayed(policy, other, tmp_path / path, "--json") == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert len(lines) == changes
        assert {line["now"]["action"] for line in lines} <= {"secure", "clear"}
    assert replayed(policy, other, tmp_path / "none") == 1


def test_replay_remembers_threads_as_the_milter_does(policy, other, sent, tmp_path, capsys):
    reply = b"In-Reply-To: <0@corp.example>\nMessage-ID: <9@corp.example>\n" + HEAD.encode() + b"\nthanks\n"
    (tmp_path / "sent").write_bytes(b"From a\n" + sent[0] + b"\nFrom b\n" + reply)
    replayed(policy, other, tmp_path / "sent", "--json")
    changes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [change["now"]["rule"] for change in changes] == ["number", "thread"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=60).filter(lambda raw: b"\r" not in raw), min_size=1, max_size=5))
def test_a_mbox_comes_apart_as_it_was_put_together(tmp_path_factory, contents):
    path = tmp_path_factory.mktemp("box") / "mbox"
    box = mailbox.mbox(path)
    for content in contents:
        box.add(content)
    box.flush()
    assert len(list(mailboxes.stored(path))) == len(contents)
