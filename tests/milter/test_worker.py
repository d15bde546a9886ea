"""One worker's state: room, deadline, its line to the parent."""

import socket
import time

import pytest
from conftest import Daemon

from sealgate_core.status import Refusal
from sealgate_milter import worker as module
from sealgate_milter.transaction import Transaction
from sealgate_milter.worker import Worker


@pytest.fixture
def files():
    """A daemon's configuration on disk; the daemon itself is not started."""
    one = Daemon(deadline=1)
    yield one
    one.remove()


@pytest.fixture
def lines():
    parent, channel = socket.socketpair()
    yield parent, channel
    parent.close()
    channel.close()


def test_a_judgement_over_its_deadline_is_put_off_and_the_worker_replaced(files, lines, monkeypatch):
    worker = Worker(files.config, lines[1])
    monkeypatch.setattr(module, "judge", lambda *_: time.sleep(1.5))
    with pytest.raises(Refusal) as refusal:
        worker.judge(Transaction("<a@corp.test>", 1000), worker.basis)
    assert str(refusal.value.reply).startswith("451 4.7.1")
    assert lines[0].recv(100) == b"sick\n"


def test_room_is_given_back(files, lines):
    worker = Worker(files.config, lines[1])
    worker.hold(60, 100)
    with pytest.raises(Refusal, match="at once"):
        worker.hold(60, 100)
    worker.release(60)
    worker.hold(100, 100)
