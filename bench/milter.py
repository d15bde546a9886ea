"""What one message costs the milter: CPU of a worker per 5 KB message, over a real milter socket. Goal: below 2 ms.

    script/bench milter

The worker is the shipped program with the shipped policy; beside it stands an empty pymilter that only collects.
"""

import os
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/milter"))

from milter_client import MilterClient  # noqa: E402 - found by the line above

MESSAGES = 1000
GOAL_MS = 2.0
TEXT = "The quarterly figures are in the folder that Maria shared on Tuesday; please look at page 12 before noon.\r\n"
BODY = (TEXT * 60)[:5000].encode() + b"\r\n"
HEADER = [
    ("From", "Ann Author <ann@corp.test>"),
    ("To", "Bob <bob@ext.test>"),
    ("Subject", "Figures for the third quarter"),
    ("Date", "Mon, 23 Nov 2026 10:00:00 +0000"),
    ("Message-ID", "<bench@corp.test>"),
    ("MIME-Version", "1.0"),
    ("Content-Type", "text/plain; charset=utf-8"),
    ("User-Agent", "bench"),
]
SECURE = [(name, f"[secure] {value}" if name == "Subject" else value) for name, value in HEADER]
EMPTY = textwrap.dedent("""
    import Milter, sys
    class Empty(Milter.Base):
        def envfrom(self, *_): return Milter.CONTINUE
        def envrcpt(self, *_): return Milter.CONTINUE
        def header(self, *_): return Milter.CONTINUE
        def body(self, _): return Milter.CONTINUE
        def eom(self): return Milter.CONTINUE
    Milter.factory = Empty
    Milter.runmilter("empty", "unix:" + sys.argv[1])
""")


def cpu_ms(pid: int) -> float:
    """Return the CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def measure(path: Path, pid: int, header: list[tuple[str, str]]) -> float:
    """Return the CPU milliseconds per message of process `pid`, which listens on `path`."""
    with MilterClient(str(path)) as client:
        for _ in range(50):
            client.message("<ann@corp.test>", ["<bob@ext.test>"], header, BODY)
        before = cpu_ms(pid)
        for _ in range(MESSAGES):
            client.message("<ann@corp.test>", ["<bob@ext.test>"], header, BODY)
        return (cpu_ms(pid) - before) / MESSAGES


def wait_for(condition: object) -> None:
    """Wait up to ten seconds until `condition()` holds."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Return the child processes of `pid`."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def empty(folder: Path) -> float:
    """Measure a pymilter that does nothing."""
    path = folder / "empty.sock"
    with subprocess.Popen([sys.executable, "-c", EMPTY, str(path)]) as process:
        wait_for(path.exists)
        spent = measure(path, process.pid, HEADER)
        process.kill()
    return spent


def ours(folder: Path) -> tuple[float, float]:
    """Measure the shipped milter with the shipped policy: ordinary mail, confidential mail."""
    path, key = folder / "milter.sock", folder / "tag.key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    config = folder / "gateway.toml"
    config.write_text(
        f'listen = ["unix:{path}"]\nsocket_group = ""\nworkers = 1\ninternal = ["corp.test"]\n'
        f'policy = "{ROOT}/milter/sealgate_milter/policy.toml"\ntag_key = "{key}"\nthread_db = "{folder}/threads.db"\n'
    )
    command = [sys.executable, "-m", "sealgate_milter.daemon", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: path.exists() and children(process.pid))
        worker = children(process.pid)[0]
        spent = measure(path, worker, HEADER), measure(path, worker, SECURE)
        process.terminate()
    return spent


def main() -> None:
    """Print the table; fail when the goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        base = empty(Path(folder))
        ordinary, confidential = ours(Path(folder))
    print(f"milter: CPU of a worker per {len(BODY)} byte message, {MESSAGES} messages each")
    rows = {"empty pymilter": base, "ordinary message": ordinary, "confidential message": confidential}
    for name, spent in rows.items():
        print(f"  {name:22} {spent:6.2f} ms")
    print(f"  goal                   < {GOAL_MS:.2f} ms")
    sys.exit(max(ordinary, confidential) >= GOAL_MS)


if __name__ == "__main__":
    main()
