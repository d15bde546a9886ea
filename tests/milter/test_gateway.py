"""The command line: what programs rely on, and what people read."""

import io
import json
from pathlib import Path

import pytest

from sealgate_milter import gateway
from sealgate_milter.detectors import DETECTORS

MESSAGES = Path(__file__).resolve().parents[1] / "messages"
POLICY = """internal = ["corp.example"]
[tests.ssn]
detector = "us-ssn"
[tests.thread]
reply_to_secure = true
[[rules]]
name = "number"
when = "ssn or thread"
then = "secure"
"""


@pytest.fixture()
def policy(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    return str(path)


def test_explain_json_keeps_its_contract(policy, capsys):
    files = [str(MESSAGES / "ssn-csv-attached.eml"), str(MESSAGES / "office-file.eml")]
    people = ["--sender", "a@corp.example", "--recipient", "<b@x.example>", "--recipient", "c@corp.example"]
    assert gateway.main(["explain", "--json", "--policy", policy, *people, *files]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == {
        "file": files[0],
        "recipients": {
            "b@x.example": {"action": "secure", "rule": "number"},
            "c@corp.example": {"action": "clear", "rule": None},
        },
        "findings": [{"test": "ssn", "detector": "us-ssn", "count": 1, "part": "2", "sample": "12*-**-**89"}],
        "unreadable": [],
    }
    assert second["unreadable"] == [{"part": "2/a.docx", "reason": "corrupt"}]


def test_explain_for_people_takes_addresses_from_the_header(policy, capsys):
    assert gateway.main(["explain", "--policy", policy, str(MESSAGES / "ssn-base64.eml")]) == 0
    said = capsys.readouterr().out
    assert "secure   bob@outside.example" in said
    assert "by rule number: ssn true (ssn or thread)" in said
    assert "12*-**-**89" in said
    assert "123-45-6789" not in said


def test_explain_can_play_a_thread(policy, tmp_path, capsys):
    reply = tmp_path / "reply.eml"
    reply.write_bytes(b"From someone\nTo: b@x.example\nIn-Reply-To: <one@x>\n\nyes\n")
    assert gateway.main(["explain", "--policy", policy, "--thread", "one@x", str(reply)]) == 0
    assert "secure   b@x.example" in capsys.readouterr().out


def test_scan_reads_and_writes_one_object_a_line(monkeypatch, capsys):
    lines = [json.dumps({"id": 7, "text": "123-45-6789 and 123-45-6788"}), "", json.dumps({"id": "b", "text": "no"})]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    assert gateway.main(["scan", "--jsonl"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found == [{"id": 7, "detectors": {"us-ssn": 2}}, {"id": "b", "detectors": {}}]


def test_scan_names_a_line_it_cannot_use(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO('nonsense\n{"id": 1, "text": "x"}\n'))
    assert gateway.main(["scan", "--jsonl"]) == 1
    captured = capsys.readouterr()
    assert "line 1" in captured.err
    assert json.loads(captured.out) == {"id": 1, "detectors": {}}


def test_detectors_are_listed_with_sentence_and_example(capsys):
    assert gateway.main(["detectors"]) == 0
    said = capsys.readouterr().out
    assert all(detector.sentence in said and detector.example in said for detector in DETECTORS.values())
    assert gateway.main(["detectors", "--json"]) == 0
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)] == list(DETECTORS)


def test_policy_check_says_what_it_found(policy, capsys):
    assert gateway.main(["policy", "check", policy]) == 0
    assert "2 tests, 1 rule, mode enforce" in capsys.readouterr().out
    Path(policy).write_text(POLICY + "wenn = 1\n")
    assert gateway.main(["policy", "check", "--policy", policy]) == 1
    assert f"{policy}:10: unknown key 'wenn'; did you mean 'when'?" in capsys.readouterr().err


def test_wrong_use_ends_with_64_and_a_missing_file_with_1(policy, capsys):
    with pytest.raises(SystemExit) as ended:
        gateway.main(["explain"])
    assert ended.value.code == 64
    assert gateway.main(["explain", "--policy", policy, "/none.eml"]) == 1
    assert "/none.eml" in capsys.readouterr().err


def test_policy_check_refuses_what_the_milter_refuses(tmp_path, capsys):
    empty = tmp_path / "policy.toml"
    empty.write_text("")
    assert gateway.main(["policy", "check", str(empty)]) == 1
    assert f"{empty}:1: has no [[rules]]" in capsys.readouterr().err


def test_a_message_that_is_not_there_is_named(policy, tmp_path, capsys):
    assert gateway.main(["explain", "--policy", policy, str(tmp_path / "no.eml")]) == 1
    assert capsys.readouterr().err == f"sealgate-gateway: {tmp_path}/no.eml: No such file or directory\n"
