"""The processes that read documents: confined, killed when late, replaced when dead."""

import base64
import io
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from packages import docx, runs, zipped

from sealgate_milter.extract import confine, frames
from sealgate_milter.extract import pool as pool_module
from sealgate_milter.extract.found import SECONDS, File
from sealgate_milter.extract.pool import Pool
from sealgate_milter.extract.walk import Said, walk
from sealgate_milter.message import from_bytes
from sealgate_milter.reading import INLINE, read


@pytest.fixture
def pool():
    pool = Pool(1)
    yield pool
    pool.close()


def in_child(work) -> int:
    """Run `work` in a forked process and return its exit status."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:
            os._exit(99)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_the_pool_finds_what_the_walk_finds(pool):
    file = File("a.docx", zipped(("x.docx", docx(runs("512-43", "-8870"))), ("é.txt", "grün")), "a/b")
    assert pool.extract(file, "2/a.docx", 30) == list(walk(file, "2/a.docx"))


def test_large_files_go_to_and_fro(pool):
    file = File("a.txt", b"nothing to see here\n" * 400_000, "text/plain")
    texts = pool.extract(file, "2", 30)
    assert [entry.octets for entry in texts] == [file.body]


def test_many_threads_share_the_readers():
    pool = Pool(2)
    files = [File(f"{i}.txt", f"number {i}".encode()) for i in range(40)]
    found: dict[str, list[Said]] = {}
    threads = [threading.Thread(target=lambda f=f: found.update({f.name: pool.extract(f, f.name, 60)})) for f in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: entry[0].octets.decode() for name, entry in found.items()} == {f.name: f.body.decode() for f in files}
    pool.close()


def test_a_reader_that_dies_is_replaced(pool, monkeypatch):
    pool.extract(File("a.txt", b"x"), "1", 30)
    reader = pool._slots.get()
    reader._line.shutdown(socket.SHUT_RDWR)
    pool._slots.put(reader)
    assert pool.extract(File("a.txt", b"x"), "1", 30)[-1] == Said("unread", "1", b"crashed")
    assert pool.extract(File("a.txt", b"x"), "1", 30) == [Said("text", "1", b"x")]


def test_a_nursery_that_dies_is_replaced(pool):
    pool.extract(File("a.txt", b"x"), "1", 30)
    pool._slots.put(pool._slots.get().end())
    pool._nursery[0].kill()
    pool._nursery[0].wait()
    assert pool.extract(File("a.txt", b"x"), "1", 30) == [Said("text", "1", b"x")]


def test_a_reader_makes_room_after_its_share_of_files(pool, monkeypatch):
    monkeypatch.setattr(pool_module, "FILES", 3)
    processes = set()
    for _ in range(7):
        pool.extract(File("a.txt", b"x"), "1", 30)
        reader = pool._slots.get()
        processes.add(id(reader) if reader is None else reader._process)
        pool._slots.put(reader)
    assert len(processes) >= 2


def test_a_late_reader_is_killed_and_what_it_found_counts(pool, monkeypatch):
    """The other side says one thing, and then nothing more."""
    monkeypatch.setattr(pool_module, "SECONDS", 0.2)
    monkeypatch.setattr(pool_module, "GRACE", 0.1)
    ours, theirs = socket.socketpair()
    ours.settimeout(0.3)
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    pool._slots.get()
    pool._slots.put(pool_module._Reader(ours, os.pidfd_open(child)))
    theirs.sendall(frames._FRAME.pack(1, 1, 5) + b"1early")
    said = pool.extract(File("a", b"x"), "1", 30)
    assert said == [Said("text", "1", b"early"), Said("unread", "1", b"timeout")]
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9


def test_without_patience_nothing_is_read(pool):
    """Many attachments of a few seconds each must not add up to the milter's deadline."""
    assert pool.extract(File("a.txt", b"x"), "1", 0) == [Said("unread", "1", b"timeout")]
    assert pool.extract(File("a.txt", b"x"), "1", 30) == [Said("text", "1", b"x")]


@pytest.mark.parametrize(("patience", "most"), [(0.7, 0.7), (60, SECONDS)])
def test_a_reader_gets_no_more_time_than_the_message_has_left(pool, monkeypatch, patience, most):
    asked = []
    monkeypatch.setattr(frames, "ask", lambda *given: asked.append(given[-1]))
    monkeypatch.setattr(frames, "answered", lambda _: iter(()))
    pool.extract(File("a", b"x"), "1", 30)
    pool.extract(File("a", b"x"), "1", patience)
    assert 0 < asked[-1] <= most


def test_the_time_for_a_file_goes_over_the_line():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        frames.ask(ours, File("a", b"x", "y/z"), "1/a", 1.25)
        assert frames.asked(theirs) == (File("a", b"x", "y/z"), "1/a", 1.25)


def test_nobody_waits_for_ever_for_a_reader(pool):
    pool._slots.get()
    assert pool.extract(File("a", b"x"), "1", 0.05) == [Said("unread", "1", b"timeout")]
    pool._slots.put(None)


@pytest.mark.parametrize("answer", [
    b"\7\0\1\0\0\0\0x", b"\1\0\1\xff\xff\xff\xffx", b"\1\0", b"",
])  # fmt: skip
def test_a_reader_that_talks_nonsense_is_not_believed(answer):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        theirs.close()
        with pytest.raises(frames.BrokenAnswer):
            list(frames.answered(ours.makefile("rb")))


def test_an_answer_without_end_is_cut(monkeypatch):
    monkeypatch.setattr(frames, "MOST", 100)
    monkeypatch.setattr(frames, "MOST_FRAMES", 5)
    for frame in (b"\1\0\1\0\0\0\x40x" + b"y" * 64, b"\1\0\1\0\0\0\0x"):
        with pytest.raises(frames.BrokenAnswer):
            list(frames.answered(io.BytesIO(frame * 20)))


FORBIDDEN = {
    "open": lambda: Path("/etc/passwd").read_bytes(),
    "write": lambda: Path("/tmp/written").write_bytes(b"x"),
    "network": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "local socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "program": lambda: os.execv("/bin/true", ["true"]),
    "process": os.fork,
    "signal": lambda: os.kill(os.getppid(), 0),
    "list": lambda: list(Path("/").iterdir()),
}


@pytest.mark.parametrize("deed", FORBIDDEN)
def test_a_confined_process_can_do_nothing_else(deed):
    def work():
        if not confine.filter_calls():
            os._exit(0)
        try:
            FORBIDDEN[deed]()
        except PermissionError:
            os._exit(0)
        os._exit(1)

    assert in_child(work) == 0


def test_a_confined_process_runs_out_of_memory_not_out_of_the_machine():
    def work():
        confine.limit()
        confine.filter_calls()
        try:
            bytearray(2_000_000_000)
        except MemoryError:
            os._exit(0)
        os._exit(1)

    assert in_child(work) == 0


def message(*parts: bytes):
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return from_bytes(head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n", "", ())


class Recorder:
    """Documents that are only noted."""

    def __init__(self):
        self.files = []

    def extract(self, file, path, patience):
        self.files.append((path, file.type))
        return [Said("text", path, b"from elsewhere"), Said("text", path + "/in", b"inside"),
                Said("unread", path, b"encrypted")]  # fmt: skip


def test_short_texts_stay_here_and_all_else_goes_elsewhere():
    recorder = Recorder()
    content = read(message(
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nshort",
        b"Content-Type: text/plain; charset=koi8-r\r\n\r\n" + b"long " * (INLINE // 5 + 1),
        b"Content-Type: application/pdf; name=x.pdf\r\n\r\n%PDF-1.4",
        b"Content-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n",
    ), recorder)  # fmt: skip
    assert recorder.files == [("2", 'text/plain; charset="koi8-r"'), ("3/x.pdf", "application/pdf")]
    assert [(text.scope, text.part, text.octets) for text in content.texts] == [
        ("body", "1", b"short"), ("file-name", "3", b"x.pdf"), ("body", "2", b"from elsewhere"),
        ("attachment", "2/in", b"inside"), ("attachment", "3/x.pdf", b"from elsewhere"),
        ("attachment", "3/x.pdf/in", b"inside"),
    ]  # fmt: skip
    unreadable = [(entry.part, entry.reason) for entry in content.unreadable]
    assert unreadable == [("2", "encrypted"), ("3/x.pdf", "encrypted")]


def nurseries(parents: set[int]) -> set[int]:
    """The processes that a worker started to read documents."""
    children: set[int] = set()
    for worker in parents:
        for task in Path(f"/proc/{worker}/task").iterdir():
            children |= set(map(int, (task / "children").read_text().split()))
    return children


def test_the_milter_reads_documents_and_leaves_no_process_behind(daemon):
    one = daemon(workers=1)
    body = b"--b\r\nContent-Type: application/octet-stream; name=a.docx\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    body += base64.encodebytes(docx(runs("topsecret", "marker"))) + b"--b--\r\n"
    header = [("Subject", "hello"), ("Content-Type", "multipart/mixed; boundary=b")]
    with one.client() as client:
        answer = client.message("<a@corp.test>", ["<u@ext.test>"], header, body)
    assert answer.of("delrcpt") == [("<u@ext.test>",)]
    found = nurseries(one.workers())
    assert len(found) == 1
    one.process.kill()
    one.wait_for(lambda: not any(Path(f"/proc/{process}/exe").exists() for process in found))
