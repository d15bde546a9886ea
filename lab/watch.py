"""Follows the logs of all hosts and tells, hop by hop, what happens to a message."""

import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

COLOURS = {
    "gateway": "36", "cloud": "35", "direct": "35", "notice": "35", "member": "32", "outside": "33", "good": "32",
    "bad": "31", "dim": "2", "bold": "1",
}

_DELIVERY = re.compile(
    r"postfix/(?P<service>[\w/]+)\[(?P<pid>\d+)\]: (?P<queue>\w+): to=<(?P<to>[^>]*)>.*? "
    r"relay=(?P<relay>[^,]+),.*? status=(?P<status>\w+) \((?P<said>.*)\)$"
)
_TLS = re.compile(r"postfix/(?P<service>[\w/]+)\[(?P<pid>\d+)\]: (?P<level>\w+) TLS connection established to .*?: "
                  r"(?P<protocol>TLSv[\d.]+)")
_VERDICT = re.compile(r"queue_id=(\S+) stamp=(\S+) (verdict|requeued)=(\S+) rule=(\S+)")
_REFUSED = re.compile(r"queue_id=(\S+) refused=(\S+) cause=(.*)")
_DECISION = re.compile(r"queue_id=(\S+) tenant=(\S+) stamp=(\S+) relay=(\d+) portal=(\d+)")
_TICKET = re.compile(r"\.[0-9a-f]+-\d+\.(?:direct|notice)\.sealgate\.invalid$|\.sealgate\.invalid$")

WAYS = {
    "smtp": "ordinary SMTP", "relay": "ordinary SMTP", "virtual": "mailbox", "sealgate/smtp": "tunnel to the cloud",
    "gate/smtp": "into the gate", "pipe": "delivery decision", "lmtp": "delivery service", "error": "refused",
}


@dataclass
class Watcher:
    """Reads logs in a thread of its own and prints a line for each hop; `stop` ends it.

    `places` maps a host name, for the eye, to its log; `ours` are logs of our own programs.
    """

    places: dict[str, Path]
    out: Callable[[str], None] = print
    colour: bool = field(default_factory=lambda: sys.stdout.isatty())
    _offsets: dict[str, int] = field(default_factory=dict)
    _tls: dict[tuple[str, str], str] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "Watcher":
        """Begin with what is logged from now on."""
        self._offsets = {name: path.stat().st_size if path.exists() else 0 for name, path in self.places.items()}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Read what is left, and end."""
        self._ended.set()
        self._thread.join(2)

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            self._look()
        self._look()

    def _look(self) -> None:
        for name, path in self.places.items():
            if not path.exists():
                continue
            with path.open("rb") as file:
                file.seek(self._offsets.get(name, 0))
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._offsets[name] = self._offsets.get(name, 0) + len(whole)
            for line in whole.decode("utf-8", "replace").splitlines():
                told = self.tell(name, line)
                if told:
                    self.out(told)

    def tell(self, host: str, line: str) -> str:
        """Return what a person should see of one log line; empty when it says nothing about a hop."""
        tls = _TLS.search(line)
        if tls:
            self._tls[host, tls["pid"]] = f"{tls['level']} TLS ({tls['protocol']})"
            return ""
        for pattern, teller in (
            (_DELIVERY, self._delivery), (_VERDICT, self._verdict), (_REFUSED, self._refused),
            (_DECISION, self._decision),
        ):
            match = pattern.search(line)
            if match:
                return teller(host, match)
        return ""

    def _delivery(self, host: str, match: re.Match[str]) -> str:
        to = _TICKET.sub("", match["to"])
        service = match["service"]
        way = WAYS.get(service, service)
        if service in ("smtp", "sealgate/smtp"):
            tls = self._tls.get((host, match["pid"]), "")
            if host == "cloud, direct":
                way = "to the member"
            elif host == "cloud, notices":
                way = "notification"
            way += f", {tls}" if tls else ", in the clear"
        good = match["status"] == "sent"
        mark = self._paint("✔", "good") if good else self._paint("✘ " + match["status"], "bad")
        said = "" if good else self._paint(f"  {match['said'][:120]}", "dim")
        return self._line(host, f"{to:<24} {mark} {way}{said}")

    def _verdict(self, host: str, match: re.Match[str]) -> str:
        rule = "" if match[5] == "-" else f", rule {match[5]}"
        return self._line(host, self._paint(f"verdict {match[4].replace(',', ', ')}{rule}", "bold"))

    def _refused(self, host: str, match: re.Match[str]) -> str:
        return self._line(host, self._paint(f"refused {match[2]}: {match[3]}", "bad"))

    def _decision(self, host: str, match: re.Match[str]) -> str:
        text = f"decision for tenant {match[2]}: {match[4]} direct to a member, {match[5]} to the portal"
        return self._line(host, self._paint(text, "bold"))

    def _line(self, host: str, text: str) -> str:
        name = self._paint(f"{host:<15}", host.split(",")[0].split(" ")[0])
        return f"  {self._paint(time.strftime('%H:%M:%S'), 'dim')}  {name} {text}"

    def _paint(self, text: str, colour: str) -> str:
        return f"\033[{COLOURS[colour]}m{text}\033[0m" if self.colour and colour in COLOURS else text


def heading(text: str, colour: bool) -> str:
    """Return a heading."""
    return f"\n\033[1m{text}\033[0m" if colour else f"\n{text}"


def listed(rows: Sequence[tuple[str, str]]) -> str:
    """Return rows of a name and a value, aligned."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in rows)
