"""The processes that read strangers' files: `python -m sealgate_milter.extract.sandbox`, its line to us on stdin.

The program itself reads none: it loads every format once and forks a confined reader whenever it is asked to, which
costs a few milliseconds where a fresh Python would cost hundreds. Readers end when the other side closes their socket,
and are killed by the kernel when a file takes too long.
"""

import contextlib
import encodings.aliases
import gc
import importlib
import os
import pkgutil
import signal
import socket
import sys
from codecs import lookup
from pathlib import Path

import sealgate_milter.extract
from sealgate_milter.extract import confine, frames
from sealgate_milter.extract.walk import walk


def main() -> None:
    """Fork a reader for every socket that comes in, and answer with a descriptor of its process."""
    line = socket.socket(fileno=sys.stdin.fileno())
    _prepare()
    while True:
        word, descriptors, _, _ = socket.recv_fds(line, 1, 1)
        if not word:
            return
        with socket.socket(fileno=descriptors[0]) as own:
            reader = os.fork()
            if not reader:
                line.close()
                _serve(own)
        process = os.pidfd_open(reader)
        socket.send_fds(line, [b"+"], [process])
        os.close(process)


def _prepare() -> None:
    # The terminal's interrupt is for the command that runs us; dead readers need no funeral.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for module in pkgutil.iter_modules(sealgate_milter.extract.__path__):
        if module.name != "sandbox":
            importlib.import_module(f"sealgate_milter.extract.{module.name}")
    # A reader can open no file any more, and so import nothing: every charset has to be there.
    for name in set(encodings.aliases.aliases.values()):
        try:
            lookup(name)
        except LookupError:
            continue
    gc.collect()
    gc.freeze()
    gc.disable()


def _serve(line: socket.socket) -> None:
    """Read files until the other side has no more; never returns."""
    # When memory runs out on this machine, let it be us who end.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    confine.limit()
    line.sendall(b"\1" if confine.filter_calls() else b"\0")
    while (job := frames.asked(line)) is not None:
        file, path, seconds = job
        # SIGALRM's default action ends the process, whatever a parser written in C is busy with.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        frames.answer(line, walk(file, path))
        signal.setitimer(signal.ITIMER_REAL, 0)
        del file, job
        # Garbage waits until the answer is out: looking for it amid a million fresh objects costs more than reading.
        gc.collect()
    os._exit(0)


if __name__ == "__main__":
    main()
