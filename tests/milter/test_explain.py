"""`sealgate-gateway explain` for people: why this recipient, and where what was found stands."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate_milter import wording
from sealgate_milter.gateway import main
from sealgate_milter.highlight import Marks, excerpts, plain, whole
from sealgate_milter.reading import Text
from sealgate_milter.verdict import Finding

POLICY = """
internal = ["corp.example"]
[tests.ssn]
detector = "us-ssn"
[tests.partner]
recipient = ["partner.example"]
[tests.tag]
subject = "[secure]"
[[rules]]
name = "trusted"
when = "partner"
unless = "tag"
then = "clear"
[[rules]]
name = "night"
hours = "Sat 02:00-02:01"
when = "ssn"
then = "reject"
[[rules]]
name = "lawyers"
when = "ssn"
to = "lawyers.example"
then = ["hold", "notify-sender"]
[[rules]]
name = "number"
when = "ssn or tag"
then = "secure"
"""
MESSAGE = (
    "From: Ann <ann@corp.example>\nTo: kim@out.example, lee@lawyers.example, pat@partner.example, eve@corp.example\n"
    "Subject: Hi \033]0;x\007\n\n"
    + "Words before it. " * 30
    + "My SSN is 123-45-6789." + " Words after it." * 30 + "\n"
)
AT = "2026-11-23T09:00"


@pytest.fixture
def explained(tmp_path, capsys):
    (tmp_path / "policy.toml").write_text(POLICY)

    def run(content: str, *more: str) -> str:
        (tmp_path / "m.eml").write_text(content)
        given = ["explain", "--policy", str(tmp_path / "policy.toml"), "--at", AT, *more, str(tmp_path / "m.eml")]
        assert main(given) == 0
        return capsys.readouterr().out

    return run


def test_each_recipient_has_its_reason(explained):
    said = [line.strip() for line in explained(MESSAGE).splitlines()]
    expected = [
        "secure   kim@out.example",
        "by rule number: ssn true (ssn or tag)",
        "not by rule lawyers: it is about other recipients",
        "not by rule trusted: partner not true",
        "hold     lee@lawyers.example",
        "by rule lawyers: ssn true (ssn)",
        "when it is released it leaves securely",
        "lawyers tells the sender",
        "clear    pat@partner.example",
        "by rule trusted: partner true (partner)",
        "clear    eve@corp.example",
        "one of ours: stays clear",
    ]
    places = [said.index(line) for line in expected]
    assert places == sorted(places)
    tagged = MESSAGE.replace("Hi", "[secure]")
    assert "by rule lawyers" in explained(tagged, "--recipient", "lee@lawyers.example")
    assert "trusted" not in explained(tagged, "--recipient", "pat@partner.example")


def test_an_exception_is_named(explained):
    said = explained(MESSAGE.replace("Hi", "[secure]").replace("pat@partner", "pat@x"), "--at", "2026-11-21T02:00")
    assert "by rule night: ssn true (ssn)" in said


def test_what_was_found_is_masked_and_stands_in_its_surroundings(explained):
    said = explained(MESSAGE)
    assert "in the body, part 1: ssn (us-ssn)" in said
    assert "before it. Words before it. My SSN is «12*-**-**89». Words after it." in said
    assert "123-45" not in said
    assert "\033" not in said
    assert "Words before it. " * 25 in explained(MESSAGE, "--whole")
    assert "123-45" not in explained(MESSAGE, "--whole")


COUNTING = """
internal = ["corp.example"]
[tests.ssn]
detector = "us-ssn"
[tests.words]
lexicon = "file:words.txt"
score = 3
[tests.close]
near = ["ssn", "words"]
within = 100
[tests.many]
lexicon = "file:words.txt"
score = 9
within = 300
[[rules]]
name = "medical"
when = '''
close or
    (many
     and words)
'''
then = "secure"
"""


def counted(tmp_path, capsys, text: str, *more: str) -> str:
    (tmp_path / "words.txt").write_text("diabetes = 2\nasthma\nbe patient = 0\nacct* = 1\n")
    (tmp_path / "policy.toml").write_text(COUNTING)
    (tmp_path / "m.eml").write_text(f"From: ann@corp.example\nTo: kim@out.example\nSubject: hi\n\n{text}\n")
    assert main(["explain", "--policy", str(tmp_path / "policy.toml"), *more, str(tmp_path / "m.eml")]) == 0
    return capsys.readouterr().out


def test_scores_say_what_was_reached_and_wanted(tmp_path, capsys):
    said = counted(tmp_path, capsys, "Diabetes, diabetes and asthma of 123-45-6789")
    assert "close is true; within 100 characters at best: ssn 1 different (wanted 1), words weighs 3 (wanted 3)" in said
    assert "many is not true: weighs 3 (wanted 9) within 300 characters" in said
    assert "words is true: weighs 3 (wanted 3)" in said
    assert "by rule medical: close, words true (close or (many and words))" in said
    apart = counted(tmp_path, capsys, "Diabetes. " + "Far away. " * 30 + "asthma of 123-45-6789")
    assert "close is not true; within 100 characters at best: ssn 1 different (wanted 1), words weighs 2 (" in apart
    alone = counted(tmp_path, capsys, "Diabetes")
    assert "close" not in alone.partition("Counted")[2]
    assert "close is not true" in counted(tmp_path, capsys, "Diabetes", "--whole")
    assert "Counted" not in counted(tmp_path, capsys, "nothing")


def test_terms_of_lexicons_are_shown_but_numbers_never(tmp_path, capsys):
    for more in ([], ["--whole"]):
        said = counted(tmp_path, capsys, "Diabetes and acct12345678 and asthma of 123-45-6789", *more)
        assert "«Diabetes» and «ac********78» and «asthma» of «12*-**-**89»" in said


def test_one_is_no_plural():
    assert (wording.counted(1, "rule"), wording.counted(0, "rule")) == ("1 rule", "0 rules")
    assert wording.counted(2000, "address", "addresses") == "2,000 addresses"


def test_same_reasons_are_told_once(explained):
    many = [part for number in range(12) for part in ("--recipient", f"p{number}@out.example")]
    assert "p7@out.example and 4 more" in explained(MESSAGE, *many)
    assert "no rule decides" in explained("From: a@corp.example\nTo: b@out.example\n\nnothing\n")
    assert "no recipients" in explained("From: a@corp.example\n\nnothing\n")


def test_json_is_what_it_was(explained):
    found = json.loads(explained(MESSAGE, "--json", "--recipient", "kim@out.example"))
    assert found["recipients"] == {"kim@out.example": {"action": "secure", "rule": "number"}}
    assert found["findings"][0]["sample"] == "12*-**-**89"


def test_a_time_that_is_none_is_explained(tmp_path, capsys):
    (tmp_path / "policy.toml").write_text(POLICY)
    assert main(["explain", "--policy", str(tmp_path / "policy.toml"), "--at", "noon", "x.eml"]) == 1
    assert "is no time" in capsys.readouterr().err


NIGHT = "Date: Sat, 21 Nov 2026 02:00:00 +0000\n"


@pytest.mark.parametrize(
    ("date", "more", "expected", "rule"),
    [
        (NIGHT, (), "Sat 21 Nov 2026 02:00 +0000 (its Date; --at for another)", "night"),
        (NIGHT, ("--at", AT), "Mon 23 Nov 2026 09:00 +0000 (as --at says)", "number"),
        ("Date: Fri, 31 Dec 9999 23:59:59 -1200\n", (), "(now, as it has no Date)", ""),
        ("", (), "(now, as it has no Date)", ""),
    ],
)
def test_time_windows_are_those_of_the_date(tmp_path, capsys, monkeypatch, date, more, expected, rule):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "m.eml").write_text(date + MESSAGE.replace("lee@lawyers", "lee@x"))
    assert main(["explain", "--policy", str(tmp_path / "policy.toml"), *more, str(tmp_path / "m.eml")]) == 0
    said = capsys.readouterr().out
    (line,) = (line for line in said.splitlines() if line.startswith("  time "))
    assert line.endswith(expected)
    assert f"by rule {rule}" in said


def test_no_time_is_shown_where_it_does_not_matter(tmp_path, capsys):
    (tmp_path / "policy.toml").write_text(POLICY.replace('hours = "Sat 02:00-02:01"\n', ""))
    (tmp_path / "m.eml").write_text(NIGHT + MESSAGE)
    assert main(["explain", "--policy", str(tmp_path / "policy.toml"), str(tmp_path / "m.eml")]) == 0
    assert "  time" not in capsys.readouterr().out


def test_a_file_that_cannot_be_used_does_not_end_the_command(tmp_path, capsys):
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "m.eml").write_text(MESSAGE)
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n")
    files = [str(tmp_path / name) for name in ("none.eml", "report.pdf", "m.eml")]
    assert main(["explain", "--policy", str(tmp_path / "policy.toml"), *files]) == 1
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        f"sealgate-gateway: {files[0]}: No such file or directory",
        f"sealgate-gateway: {files[1]}: begins with no header field; is it a message as saved (.eml)?",
    ]
    assert f"{files[1]}\n" in captured.out
    assert f"{files[2]}\n  from     ann@corp.example" in captured.out


def test_output_that_nobody_reads_ends_the_command_in_silence(tmp_path):
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "m.eml").write_text(MESSAGE)
    command = [sys.executable, "-m", "sealgate_milter.gateway", "explain", "--policy", str(tmp_path / "policy.toml")]
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run([*command, str(tmp_path / "m.eml")], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, b"")


def test_an_error_of_the_system_that_names_no_file_is_a_sentence(tmp_path, capsys, monkeypatch):
    def full(arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sealgate_milter.commands.common.load", full)
    assert main(["explain", "m.eml"]) == 1
    assert capsys.readouterr().err == "sealgate-gateway: No space left on device\n"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 320), st.integers(0, 320)), max_size=6))
def test_any_text_and_any_spans_can_be_shown(octets, pairs):
    spans = tuple((min(pair), max(pair)) for pair in pairs)
    finding = Finding("t", "d", 1, "1", 0, "", 0, spans)
    text = Text("body", "1", octets)
    shown = "".join(excerpts(text, [finding], Marks())) + whole(text, [finding], Marks())
    assert all(char.isprintable() or char in "\n\t" for char in shown)
    assert plain(octets).isprintable()
