"""Milters over their socket, two workers each: ours with the shipped policy, rspamd with our patterns, an empty one.

    sudo script/bench milter

First a mix of 5 KB messages as fast as four clients on the same machine send them: messages a second, and the CPU that
the filter spends on one. Then small messages at a steady pace while 10 MB ones flow on another connection: how long
a small one waits for its verdict. rspamd's own rules are off (see `common/rspamd.py`); it is installed from Debian.
"""

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/milter"))

from common import messages, rspamd  # noqa: E402 - found by the line above
from common.cpu import family_ms, percentile  # noqa: E402
from milter_client import MilterClient  # noqa: E402

from sealgate_milter.detectors import DETECTORS  # noqa: E402
from sealgate_milter.mime import split_header  # noqa: E402

WORKERS, CLIENTS, EACH, ROUNDS = 2, 4, 250, 5
SMALL, PACE = 200, 0.03
Mail = tuple[list[tuple[str, str]], bytes]
EMPTY = textwrap.dedent("""
    import sys, Milter
    class Empty(Milter.Base):
        def envfrom(self, *_): return Milter.CONTINUE
        def envrcpt(self, *_): return Milter.CONTINUE
        def header(self, *_): return Milter.CONTINUE
        def body(self, _): return Milter.CONTINUE
        def eom(self): return Milter.CONTINUE
    Milter.factory = Empty
    Milter.runmilter("empty", "unix:" + sys.argv[1])
""")


def mail(content: bytes) -> Mail:
    """Return a message as the milter protocol sends it."""
    header, body = split_header(content)
    return [(name.decode(), value.decode().strip()) for name, value in header], body


def mix() -> list[Mail]:
    """Return 5 KB messages: plain text, every third with HTML beside it, every tenth confidential."""
    made = []
    for seed in range(60):
        secret = messages.SECRETS[seed % 3] if seed % 10 == 0 else ""
        made.append(mail(messages.multipart(seed, 5000) if seed % 3 == 1 else messages.text(seed, 5000, secret)))
    return made


def send(path: Path, mails: list[Mail], count: int) -> None:
    """Send so many messages on one connection."""
    with MilterClient(str(path)) as client:
        for number in range(count):
            header, body = mails[number % len(mails)]
            client.message("<ann@corp.example>", ["<bob@outside.example>"], header, body)


def throughput(path: Path, pid: int, mails: list[Mail]) -> tuple[float, float]:
    """Return messages a second and the filter's CPU milliseconds for one."""
    send(path, mails, 100)
    senders = [multiprocessing.Process(target=send, args=(path, mails, EACH)) for _ in range(CLIENTS)]
    before, started = family_ms(pid), time.monotonic()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    count = CLIENTS * EACH
    return count / (time.monotonic() - started), (family_ms(pid) - before) / count


def flood(path: Path, large: Mail) -> None:
    """Send large messages until killed."""
    while True:
        send(path, [large], 1000)


def latency(path: Path, mails: list[Mail], large: Mail | None) -> tuple[float, float]:
    """Return how long small messages wait, in milliseconds: median and 99th percentile."""
    other = multiprocessing.Process(target=flood, args=(path, large), daemon=True) if large else None
    if other:
        other.start()
        time.sleep(1)
    waited = []
    with MilterClient(str(path)) as client:
        for number in range(SMALL):
            header, body = mails[number % len(mails)]
            started = time.monotonic()
            client.message("<ann@corp.example>", ["<bob@outside.example>"], header, body)
            waited.append((time.monotonic() - started) * 1000)
            time.sleep(max(0.0, PACE - waited[-1] / 1000))
    if other:
        other.terminate()
        other.join()
    return percentile(waited, 0.5), percentile(waited, 0.99)


def listening(path: Path) -> None:
    """Wait up to twenty seconds until a milter answers."""
    end = time.monotonic() + 20
    while True:
        try:
            MilterClient(str(path)).close()
            return
        except (OSError, AssertionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextmanager
def program(command: list[str], path: Path) -> Iterator[int]:
    """Run a milter; yield its process id."""
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            listening(path)
            yield process.pid
        finally:
            os.killpg(process.pid, 15)


def ours(folder: Path, path: Path, policy: Path) -> list[str]:
    """Configure the shipped milter with this policy and return its command."""
    key = folder / "tag.key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    config = folder / "gateway.toml"
    config.write_text(
        f'listen = ["unix:{path}"]\nsocket_group = ""\nworkers = {WORKERS}\ninternal = ["corp.example"]\n'
        f'policy = "{policy}"\ntag_key = "{key}"\nthread_db = "{folder}/threads.db"\n'
    )
    return [sys.executable, "-m", "sealgate_milter.daemon", "--config", str(config)]


def milters(folder: Path, running: ExitStack) -> Iterator[tuple[str, Path, int]]:
    """Start every milter; yield name, socket and process id."""
    path = folder / "empty.sock"
    yield "an empty pymilter, one worker", path, running.enter_context(
        program([sys.executable, "-c", EMPTY, str(path)], path)
    )
    names = ", ".join(f'"{name}"' for name in DETECTORS)
    rule = '[[rules]]\nname = "any"\nwhen = "any"\nthen = "secure"\n'
    detectors = folder / "detectors.toml"
    detectors.write_text(f"[tests.any]\ndetector = [{names}]\n{rule}")
    shipped = ROOT / "milter/sealgate_milter/policy.toml"
    for name, policy in (("shipped policy", shipped), (f"{len(DETECTORS)} detectors", detectors)):
        path = folder / f"{policy.stem}.sock"
        home = folder / policy.stem
        home.mkdir()
        yield f"sealgate-milter, {name}", path, running.enter_context(program(ours(home, path, policy), path))
    if os.geteuid():
        print("  rspamd: needs root, to be installed and to become its own user: sudo script/bench milter")
        return
    rspamd.install()
    path = folder / "rspamd" / "milter.sock"
    pid = running.enter_context(rspamd.Rspamd(path.parent, str(path), WORKERS))
    yield f"rspamd, their {len(rspamd.patterns())} patterns", path, pid


def main() -> None:
    """Print the table: medians of rounds in turn, so that other work on this machine falls on all alike."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    mails = mix()
    large = mail(messages.attached("figures.pdf", messages.pdf(1, 7_300_000), "application/pdf"))
    print(f"milter: {ROUNDS} x {CLIENTS * EACH} messages of 5 KB by {CLIENTS} clients, {WORKERS} workers, "
          f"{os.cpu_count()} cores")  # fmt: skip
    print(f"  {'':32}{'/s':>9}{'CPU ms':>9}{'  a small one: p50, p99':>18}{'  beside 10 MB: p50, p99':>26}")
    with tempfile.TemporaryDirectory() as given, ExitStack() as running:
        folder = Path(given)
        folder.chmod(0o755)
        started = list(milters(folder, running))
        rounds = [[throughput(path, pid, mails) for _, path, pid in started] for _ in range(ROUNDS)]
        for place, (name, path, _) in enumerate(started):
            rate = percentile([one[place][0] for one in rounds], 0.5)
            cpu = percentile([one[place][1] for one in rounds], 0.5)
            alone, busy = latency(path, mails, None), latency(path, mails, large)
            waits = "".join(f"{value:9.2f}" for value in (*alone, *busy))
            print(f"  {name:32}{rate:9.0f}{cpu:9.2f}{waits}", flush=True)


if __name__ == "__main__":
    main()
