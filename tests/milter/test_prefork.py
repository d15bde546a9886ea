"""The parent alone, with workers that only speak its protocol."""

import signal
import subprocess
import sys
import time

import pytest

PARENT = """
import logging, socket, sys
from sealgate_milter.prefork import Group, Supervisor
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
listener = socket.create_server(("127.0.0.1", 0))
worker = sys.argv[1]
command = lambda group, listener, channel: [sys.executable, "-I", "-S", "-c", worker, str(channel)]
Supervisor([Group("mail", listener, 2)], command, lambda: "3 rules, mode observe").run()
"""
OBEDIENT = """
import os, socket, sys
channel = socket.socket(fileno=int(sys.argv[1]))
channel.send(b"ready\\n")
while word := channel.recv(1):
    if word == b"D":
        break
    channel.send(b"loaded\\n")
"""
REFUSING = OBEDIENT.replace("loaded", "refused")
SICK_ONCE = """
import os, socket, sys
channel = socket.socket(fileno=int(sys.argv[1]))
channel.send(b"ready\\n")
try:
    os.mkdir("MARK")  # only one of all workers can
    channel.send(b"sick\\n")
except FileExistsError:
    pass
channel.recv(1)
"""


@pytest.fixture
def parent():
    started = []

    def start(worker: str) -> subprocess.Popen:
        started.append(subprocess.Popen([sys.executable, "-c", PARENT, worker], stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_start_reload_and_stop(parent):
    one = parent(OBEDIENT)
    assert "ready, 2 workers" in one.stdout.readline()
    one.send_signal(signal.SIGHUP)
    assert one.stdout.readline() == "policy reloaded: 3 rules, mode observe\n"
    assert "ready, 2 workers" in one.stdout.readline()
    one.send_signal(signal.SIGTERM)
    assert one.wait(5) == 0


def test_what_a_worker_refused_is_not_called_reloaded(parent):
    one = parent(REFUSING)
    one.stdout.readline()
    one.send_signal(signal.SIGHUP)
    said = [one.stdout.readline() for _ in range(3)]
    assert said[2].startswith("ready")
    assert "reloaded" not in "".join(said)
    one.send_signal(signal.SIGTERM)
    assert one.wait(5) == 0


def test_a_sick_worker_is_replaced(parent, tmp_path):
    one = parent(SICK_ONCE.replace("MARK", str(tmp_path / "mark")))
    assert any("asks to be replaced" in one.stdout.readline() for _ in range(2))
    one.send_signal(signal.SIGTERM)
    assert one.wait(5) == 0


def test_workers_that_die_at_once_are_replaced_ever_more_slowly(parent):
    one = parent("raise SystemExit(3)")
    time.sleep(2.5)
    one.send_signal(signal.SIGTERM)
    said, _ = one.communicate(timeout=5)
    assert 3 < said.count("ended with 3") < 10
    pauses = [float(line.split("replaced in ")[1].split()[0]) for line in said.splitlines() if "replaced in" in line]
    assert pauses == sorted(pauses)
    assert "ready" not in said
