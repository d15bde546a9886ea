"""The measurements' command line: what script/bench runs, passes on and refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MEASUREMENTS = ("accuracy", "attachments", "classify", "milter", "pipe", "postfix", "registered")


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_names_the_measurements_and_nothing_else():
    said = run("script/bench", "--help")
    assert said.returncode == 0
    assert " ".join(MEASUREMENTS) in said.stdout
    assert "flat_documents" not in said.stdout


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["nothing"], "no such measurement: nothing (there are: accuracy"),
        (["flat_documents"], "no such measurement: flat_documents"),
        (["--write"], "options are for one measurement"),
        (["accuracy", "classify", "--write"], "options are for one measurement"),
    ],
)
def test_what_cannot_be_measured_is_told(given, sentence):
    said = run("script/bench", *given)
    assert (said.returncode, said.stdout) == (64, "")
    assert sentence in said.stderr


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_every_measurement_has_help(name):
    said = run(sys.executable, f"bench/{name}.py", "--help")
    assert said.returncode == 0 and said.stdout.startswith(f"usage: {name}.py"), said.stderr


def test_options_reach_the_measurement():
    assert "--write" in run("script/bench", "accuracy", "--help").stdout


def test_a_folder_without_messages_cannot_be_measured(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        said = run(sys.executable, "bench/accuracy.py", str(folder))
        assert said.returncode == 1
        assert f"{folder}: has neither phi/ nor clear/ with messages in it" in said.stderr


def test_one_kind_of_message_is_enough_to_measure(tmp_path):
    (tmp_path / "clear").mkdir()
    (tmp_path / "clear/1.eml").write_text("Subject: lunch\n\nAt noon?\n")
    said = run(sys.executable, "bench/accuracy.py", str(tmp_path))
    assert said.returncode == 0
    assert "| 1 | 0.00 % |" in said.stdout
    assert "Found" not in said.stdout, "nothing was to be found"
