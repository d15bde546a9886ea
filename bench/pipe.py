"""What one 5 KB message costs the cloud: CPU of sealgate-pipe (goal 25 ms) and of the delivery service (goal 15 ms).

    script/bench pipe
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sealgate_delivery import store
from sealgate_delivery.store import Tenant

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = 50
GOALS_MS = {"sealgate-pipe": 25.0, "sealgate-delivery": 15.0}
MAIL = (
    "X-Sealgate-Peer: v=1; tenant=acme; fp=AB\nReceived: from gw by cloud; Mon, 23 Nov 2026 10:00:00 +0000\n"
    "X-Sealgate: v=1; id=11111111-2222-4333-8444-{number:012d}; rule=PHI; h=00\nFrom: Jane <jane@acme.test>\n"
    "To: bob@out.test\nSubject: Figures\nMessage-ID: <{number}@acme.test>\n\n" + "Please look at page 12 first.\n" * 172
)


def cpu_ms(pid: int) -> float:
    """Return the CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def children_ms() -> float:
    """Return the CPU time of the children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1000


def configure(root: Path) -> Path:
    """Write a cloud's configuration below `root`, with one tenant, and return its path."""
    (root / "master.key").write_bytes(os.urandom(32))
    (root / "master.key").chmod(0o600)
    given = {
        "hostname": "cloud.test", "database": f"sqlite:///{root}/sealgate.db", "blobs": f"{root}/blobs",
        "transit_keys": f"{root}/transit", "master_key": f"{root}/master.key", "lmtp_socket": f"{root}/l.sock",
        "policy_socket": f"{root}/p.sock", "map_socket": f"{root}/m.sock", "socket_group": "",
        "notice_smtp": "127.0.0.1:9", "notice_from": "notice@portal.test", "portal_url": "https://portal.test",
    }
    (root / "cloud.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in given.items()))
    store.connect(given["database"])
    with store.session():
        Tenant.create(name="acme", display_name="Acme")
    return root / "cloud.toml"


def main() -> int:
    """Deliver `MESSAGES` mails into the portal, print both figures; 1 when one misses its goal."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        config = configure(root)
        service = subprocess.Popen([sys.executable, "-m", "sealgate_delivery.service", "--config", config],
                                   stderr=subprocess.DEVNULL)
        while not (root / "m.sock").exists():
            time.sleep(0.05)
        before, children = cpu_ms(service.pid), children_ms()
        for number in range(MESSAGES):
            subprocess.run(
                [ROOT / "delivery/sealgate-pipe", "--socket", root / "l.sock", "--sender", "jane@acme.test", "--",
                 "bob@out.test"], input=MAIL.format(number=number).encode(), check=True)
        used = {"sealgate-pipe": (children_ms() - children) / MESSAGES,
                "sealgate-delivery": (cpu_ms(service.pid) - before) / MESSAGES}
        service.terminate()
        service.wait()
    for name, value in used.items():
        print(f"{name}: {value:.1f} ms of CPU a 5 KB message (goal: below {GOALS_MS[name]:.0f} ms)")
    return int(any(value >= GOALS_MS[name] for name, value in used.items()))


if __name__ == "__main__":
    sys.exit(main())
