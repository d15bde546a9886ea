"""The way of a message, as the demo tells it, in both modes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from lab.mail import arrives, message
from lab.story import Story

pytestmark = pytest.mark.root
ROOT = Path(__file__).resolve().parents[2]


def test_whole_way_and_back(stack):
    story = Story(stack, lambda _: None)
    story.ordinary()
    story.confidential()
    story.reply(story.read())
    assert len(story.checks) == 8


def test_subject_tag_secures_and_is_removed(stack, marker):
    mail = message(f"[secure] {marker}", "nothing else", to=["tim@member.test"])
    stack.send(mail, ["tim@member.test"])
    assert b"Subject: " + marker.encode() in arrives(stack.member.mail, marker)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_runs_until_a_signal_and_leaves_nothing(tmp_path, number):
    facts = tmp_path / "facts.json"
    demo = subprocess.Popen([sys.executable, "-m", "lab.demo", "--json", str(facts)], cwd=ROOT, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            # As a shell does with what it puts in the background.
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if "Ctrl-C ends it all" in line:
            break
    told = json.loads(facts.read_text())
    assert told["portal"]["link"].startswith(told["portal"]["url"])
    assert told["portal"]["link"] in "".join(lines)
    demo.send_signal(number)
    assert demo.wait(30) == 0
    assert not Path(told["folder"]).exists()
    still = subprocess.run(["pgrep", "-f", told["folder"]], capture_output=True, text=True, check=False).stdout.split()
    assert [pid for pid in still if int(pid) != os.getpid()] == []
