"""`sealgate-gateway held` on a real Postfix: only what bears our tag is ours."""

import json
import sqlite3
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest
from lab.postfix import Instance, free_port

from sealgate_milter.commands.held import as_table
from sealgate_milter.gateway import main
from sealgate_milter.held import Held
from sealgate_milter.judgement import load

pytestmark = pytest.mark.root

POLICY = """
internal = ["corp.test"]
[tests.ssn]
detector = "us-ssn"
[[rules]]
name = "export"
when = "ssn"
then = "hold"
"""
TAG = "X-Sealgate: v=1; id=11111111-2222-4333-8444-555555555555; rule=export; h=00\n"
MESSAGE = "From: Ann <ann@corp.test>\nTo: kim@out.test\nSubject: hold Figures\n\nMy SSN is 123-45-6789.\n"


@pytest.fixture(scope="module")
def postfix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("held")
    for place in (folder, *folder.parents[:2]):
        place.chmod(0o755)
    instance = Instance(folder, "gw", "gw.corp.test", "127.0.77.8")
    port = free_port("127.0.77.8")
    instance.add_main(
        f"mynetworks = 127.0.0.0/8\ndefault_transport = discard:\nheader_checks = regexp:{instance.conf}/hold\n"
    )
    instance.write("hold", "/^Subject: hold/ HOLD by a rule\n")
    instance.add_master(f"127.0.77.8:{port} inet n - n - - smtpd")
    instance.start()
    yield instance
    instance.stop()


@pytest.fixture
def held(postfix, tmp_path, capsys):
    """Queue one message of ours and one that something else holds; return a function that runs a command."""
    postfix.command("postsuper", "-d", "ALL")
    for content in (TAG + MESSAGE, MESSAGE):
        recipients = ["kim@out.test.hold.sealgate.invalid", "lee@out.test"]
        postfix.command("sendmail", "-i", "-f", "ann@corp.test", *recipients, data=content.encode())
    wait_for(lambda: postfix.command("postqueue", "-j").count('"hold"') == 2)
    (tmp_path / "policy.toml").write_text(POLICY)

    (tmp_path / "tag.key").write_bytes(bytes(32))
    (tmp_path / "tag.key").chmod(0o600)
    paths = {"policy": "policy.toml", "tag_key": "tag.key", "thread_db": "threads.db", "registered": "registered"}
    given = "".join(f'{name} = "{tmp_path / file}"\n' for name, file in paths.items())
    (tmp_path / "gateway.toml").write_text(f'{given}internal = ["corp.test"]\norigin = "corp.test"\n')
    load(tmp_path / "gateway.toml")

    def run(*words: str, status: int = 0) -> str:
        more = ["--policy", str(tmp_path / "policy.toml")] if words[0] != "drop" else []
        more += ["--config", str(tmp_path / "gateway.toml")]
        assert main(["held", words[0], "--postfix", str(postfix.conf), *more, *words[1:]]) == status
        said = capsys.readouterr()
        return said.err if status else said.out

    return run


def wait_for(condition) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def listed(held) -> dict:
    return json.loads(held("list", "--json"))


def test_list_knows_ours_and_counts_the_others(held):
    one = listed(held)
    assert (one["sender"], one["rule"]) == ("ann@corp.test", "export")
    assert one["recipients"] == ["kim@out.test", "lee@out.test"]
    assert abs(datetime.now().astimezone() - datetime.fromisoformat(one["arrived"])) < timedelta(minutes=1)
    assert one["leaves"] == ["securely", "in clear"]
    said = held("list")
    assert f"{one['queue_id']}  0 min" in said
    assert "export  in clear, securely  ann@corp.test" in said
    assert "1 more in the hold queue is not ours" in said


def test_show_explains_and_prints(held):
    queue_id = listed(held)["queue_id"]
    said = held("show", queue_id)
    assert "held by rule export since" in said
    assert "hold     kim@out.test, lee@out.test" in said
    assert "«12*-**-**89»" in said
    assert "123-45" not in said
    assert "leaves in clear to lee@out.test; leaves securely to kim@out.test." in said


def test_show_raw_is_the_message(held, postfix):
    queue_id = listed(held)["queue_id"]
    command = [sys.executable, "-m", "sealgate_milter.gateway", "held", "show", "--raw", queue_id]
    done = subprocess.run([*command, "--postfix", postfix.conf], capture_output=True, check=True, text=True)
    assert done.stdout.endswith("\n\nMy SSN is 123-45-6789.\n")


def test_release_lets_it_go(held, postfix):
    queue_id = listed(held)["queue_id"]
    said = held("release", queue_id)
    assert "released, leaves in clear to lee@out.test; leaves securely to kim@out.test" in said
    assert "(ann@corp.test to kim@out.test, lee@out.test: hold Figures)" in said
    wait_for(lambda: f"{queue_id}: removed" in postfix.log.read_text())
    assert "status=sent" in postfix.log.read_text().partition(f"{queue_id}: released")[2]
    assert "Nothing is held." in held("list")


def kept_notices(tmp_path) -> list:
    with sqlite3.connect(tmp_path / "threads.db") as database:
        return database.execute("SELECT recipient, mail FROM notice").fetchall()


def test_drop_removes_and_the_sender_gets_a_notice(held, postfix, tmp_path):
    queue_id = listed(held)["queue_id"]
    assert "dropped, its sender is told" in held("drop", queue_id)
    assert "Nothing is held." in held("list")
    assert f"{queue_id}: sender non-delivery" not in postfix.log.read_text()
    ((recipient, mail),) = kept_notices(tmp_path)
    assert recipient == "ann@corp.test"
    assert b"Subject: Your message was dropped" in mail
    assert b"Figures" not in mail


def test_drop_tells_nobody_when_asked_to(held, tmp_path):
    queue_id = listed(held)["queue_id"]
    assert "nobody is told" in held("drop", "--silent", queue_id)
    assert kept_notices(tmp_path) == []
    assert "Nothing is held." in held("list")


def test_nothing_is_dropped_when_its_sender_cannot_be_told(held, tmp_path):
    queue_id = listed(held)["queue_id"]
    (tmp_path / "threads.db").unlink()
    assert "--silent drops without" in held("drop", queue_id, status=1)
    (tmp_path / "tag.key").unlink()
    assert "--silent drops without" in held("drop", queue_id, status=1)
    assert listed(held)["queue_id"] == queue_id


def test_drop_can_send_it_back(held, postfix):
    queue_id = listed(held)["queue_id"]
    assert "sent back" in held("drop", "--return", queue_id)
    wait_for(lambda: f"{queue_id}: sender non-delivery notification" in postfix.log.read_text())


def test_what_is_not_ours_is_left_alone(held, postfix):
    mine = listed(held)["queue_id"]
    entries = [json.loads(line) for line in postfix.command("postqueue", "-j").splitlines()]
    other = next(entry["queue_id"] for entry in entries if entry["queue_id"] != mine)
    for given in (other, "ALL", "-", "nothing"):
        assert "is not held by us" in held("drop", "--", mine, given, status=1)
    assert listed(held)["queue_id"] == mine


def test_no_postfix_is_said(held, tmp_path, monkeypatch, capsys):
    assert main(["held", "list", "--postfix", str(tmp_path)]) == 1
    assert "postqueue failed" in capsys.readouterr().err


def test_the_table_is_short_for_many_recipients():
    now = datetime(2026, 11, 23, 12, 0)
    people = tuple(f"p{number}@x.test" for number in range(5))
    table = as_table([Held("4X", now - timedelta(days=2, hours=3), 2_500_000, "", people, "r", ("securely",) * 5)], now)
    assert table.splitlines()[1] == "4X  2 d 3 h   2.5 MB  r     securely  <>    p0@x.test, p1@x.test and 3 more"
    ours = [Held("4X", now, 0, "", people, "r", ("in clear",) * 5)]
    assert "to our own" in as_table(ours, now, frozenset({"x.test"}))
