"""The memory of secure threads."""

import pytest

from sealgate_milter import thread_memory
from sealgate_milter.thread_memory import ThreadMemory


@pytest.fixture
def memory(tmp_path):
    return ThreadMemory(tmp_path / "threads.db", bytes(32))


def test_remembered_threads_are_known(memory):
    assert not memory.known(["<1@corp.test>"])
    memory.remember("<1@corp.test>")
    memory.remember("<1@corp.test>")
    assert memory.known(["<0@corp.test>", " <1@corp.test> "])
    assert memory.known(["1@corp.test"])
    assert not memory.known(["<2@corp.test>"])
    assert not memory.known([])


def test_the_clouds_own_mail_is_always_secure(memory):
    assert memory.known(["<sealgate.0b1c@cloud.test>"])
    assert not memory.known(["<x.sealgate.0b1c@cloud.test>"])


def test_the_file_holds_no_message_id(memory):
    memory.remember("<very-secret-name@corp.test>")
    assert b"very-secret-name" not in memory.path.read_bytes()
    assert not ThreadMemory(memory.path, b"\1" * 32).known(["<very-secret-name@corp.test>"])


def test_old_threads_are_forgotten(memory, monkeypatch):
    memory.remember("<1@corp.test>")
    memory.sweep()
    assert memory.known(["<1@corp.test>"])
    monkeypatch.setattr(thread_memory, "KEPT_DAYS", -1)
    memory.sweep()
    assert not memory.known(["<1@corp.test>"])
