"""`sealgate-gateway report`: what the policy did, or in observe mode would have done, from the milter's log lines.

Reads systemd's journal, or log files (`.gz` too), or standard input (`-`). Nothing else is kept anywhere: the log has
the history. No address and no word of a message is in it.
"""

import argparse
import gzip
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate_milter.commands.common import CommandError
from sealgate_milter.reports.lines import moment, read
from sealgate_milter.reports.page import as_page
from sealgate_milter.reports.tally import tally
from sealgate_milter.reports.terminal import as_text
from sealgate_milter.wording import counted

if TYPE_CHECKING:
    from sealgate_milter.commands.common import Subcommands


def add(subcommands: "Subcommands") -> None:
    """Declare the command."""
    command = subcommands.add_parser(
        "report",
        help="sum up what the milter did: rules, tests, trend",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--html", type=Path, metavar="FILE", help="write a page with plots to this file")
    command.add_argument("--since", metavar="WHEN", help="only from then on: 2026-11-23, 2026-11-23T08:00, or 7d, 12h")
    command.add_argument("--unit", default="sealgate-milter", help="unit in the journal (default: %(default)s)")
    command.add_argument("files", metavar="FILE", nargs="*", help="log files; - is standard input")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the report, or write it as a page."""
    now = datetime.now()
    since = _since(arguments.since, now)
    lines = _files(arguments.files) if arguments.files else _journal(arguments.unit, since)
    sums = tally(read(lines, now), since)
    if not sums.seen and (arguments.files or since is None):
        where = ", ".join(arguments.files) or f"the journal of {arguments.unit}"
        raise CommandError(f"{where}: no line of sealgate-milter is in it; is this the log that the milter writes to?")
    if arguments.html is None:
        print(as_text(sums))
        return 0
    arguments.html.write_text(as_page(sums), "utf-8")
    print(f"{arguments.html}: {counted(sums.messages, 'message')}")
    return 0


def _since(given: str | None, now: datetime) -> datetime | None:
    if given is None:
        return None
    if given[:-1].isascii() and given[:-1].isdigit() and given[-1:] in "dh" and len(given) < 6:
        return now - timedelta(**{{"d": "days", "h": "hours"}[given[-1]]: int(given[:-1])})
    when = moment(given if "T" in given else given + "T00:00:00", now) or moment(given + ":00", now)
    if when is None:
        raise CommandError(f"--since: {given!r} is no time; write 2026-11-23, 2026-11-23T08:00, 7d or 12h")
    return when


def _files(names: list[str]) -> Iterator[str]:
    for name in names:
        if name == "-":
            yield from sys.stdin
        elif name.endswith(".gz"):
            with gzip.open(name, "rt", encoding="utf-8", errors="replace") as file:
                yield from file
        else:
            with Path(name).open(encoding="utf-8", errors="replace") as file:
                yield from file


def _journal(unit: str, since: datetime | None) -> Iterator[str]:
    command = ["journalctl", "--no-pager", "--quiet", "--output=short-iso", f"--unit={unit}"]
    command += [f"--since={since:%Y-%m-%d %H:%M:%S}"] if since else []
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as process:
            yield from process.stdout or ()
    except FileNotFoundError as error:
        raise CommandError("there is no journalctl here; name the log file, such as /var/log/mail.log") from error
    if process.returncode:
        raise CommandError(f"journalctl --unit={unit} failed; name the log file, such as /var/log/mail.log")
