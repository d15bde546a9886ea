"""What a message of 5 KB costs: bare Postfix, Postfix with rspamd, and the gateway with our milter, in one run.

    sudo script/bench postfix
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from common import rspamd  # noqa: E402 - found by the line above
from common.cpu import family_ms as cpu_ms  # noqa: E402
from lab.hosts import GATEWAY  # noqa: E402
from lab.postfix import Instance, free_port  # noqa: E402
from lab.stack import Stack  # noqa: E402

MESSAGES = 400
SIZE = 5000


def load(address: str, port: int, sender: str, recipient: str) -> float:
    """Send the messages and return the seconds it took."""
    before = time.monotonic()
    subprocess.run(["/usr/sbin/smtp-source", "-m", str(MESSAGES), "-s", "2", "-l", str(SIZE), "-f", sender,
                    "-t", recipient, f"inet:{address}:{port}"], check=True, capture_output=True)
    return time.monotonic() - before


def report(name: str, seconds: float, postfix: float, ours: float) -> None:
    """Print one line of the table."""
    ours_text = f"{ours / MESSAGES:8.2f}" if ours else "       -"
    print(f"  {name:<34} {MESSAGES / seconds:8.0f} /s  {postfix / MESSAGES:8.2f}  {ours_text}")


def main() -> None:
    """Measure both and print them side by side."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if os.geteuid():
        sys.exit("bench: Postfix needs root: sudo script/bench postfix")
    print(f"postfix: {MESSAGES} messages of {SIZE} bytes; CPU ms a message, of Postfix and of the milter")
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        bare, port = Instance(Path(folder), "bare", "bare.test", "127.0.77.9"), free_port("127.0.77.9")
        bare.add_main("mynetworks = 127.0.0.0/8\ndefault_transport = discard:\n"
                      "smtpd_relay_restrictions = permit_mynetworks, reject")
        bare.add_master(f"127.0.77.9:{port} inet n - n - - smtpd")
        bare.start()
        try:
            load("127.0.77.9", port, "a@bare.test", "b@outside.test")
            before = cpu_ms(bare.pid)
            seconds = load("127.0.77.9", port, "a@bare.test", "b@outside.test")
            report("bare Postfix", seconds, cpu_ms(bare.pid) - before, 0)
            rspamd.install()
            path = Path(folder) / "rspamd" / "milter.sock"
            with rspamd.Rspamd(path.parent, str(path), os.cpu_count() or 1) as filtering:
                bare.add_main(f"smtpd_milters = unix:{path}\nmilter_default_action = tempfail")
                bare.reload()
                load("127.0.77.9", port, "a@bare.test", "b@outside.test")
                before, other = cpu_ms(bare.pid), cpu_ms(filtering)
                seconds = load("127.0.77.9", port, "a@bare.test", "b@outside.test")
                report("Postfix with rspamd", seconds, cpu_ms(bare.pid) - before, cpu_ms(filtering) - other)
        finally:
            bare.stop()
    with Stack.running() as stack:
        gateway, milter = stack.gateway.instance, stack.gateway.milter
        gateway.add_main("mynetworks = 127.0.0.0/8\ndefault_transport = discard:\nrelayhost =")
        gateway.reload()
        load(GATEWAY, stack.gateway.port, "jane@acme.test", "b@outside.test")
        before, ours = cpu_ms(gateway.pid), cpu_ms(milter.process.pid)
        seconds = load(GATEWAY, stack.gateway.port, "jane@acme.test", "b@outside.test")
        report("Postfix with sealgate-milter", seconds, cpu_ms(gateway.pid) - before, cpu_ms(milter.process.pid) - ours)


if __name__ == "__main__":
    main()
