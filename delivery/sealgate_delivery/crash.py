"""Points at which a test may kill this process, one before or after every durable operation.

    SEALGATE_CRASH_AT=deposit.commit:1 sealgate-delivery ...

kills the process with SIGKILL the first time it reaches `deposit.commit`. `*:7` means the seventh point of any name.
Without the variable a point costs one look-up. `SEALGATE_CRASH_TRACE=FILE` writes each name reached into a file.
"""

import os
import signal
from collections import Counter
from pathlib import Path

_reached: Counter[str] = Counter()


def point(name: str) -> None:
    """Pass point `name`, or die there when the environment says so."""
    where = os.environ.get("SEALGATE_CRASH_AT")
    trace = os.environ.get("SEALGATE_CRASH_TRACE")
    if trace:
        with Path(trace).open("a") as file:
            file.write(name + "\n")
    if not where:
        return
    wanted, _, times = where.rpartition(":")
    _reached[name] += 1
    _reached["*"] += 1
    if wanted in {name, "*"} and _reached[wanted] == int(times):
        os.kill(os.getpid(), signal.SIGKILL)
