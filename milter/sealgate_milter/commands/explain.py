"""`sealgate-gateway explain`: what the milter would do with a message, and why. The very engine of the milter.

Recipients are those of --recipient, else those of To, Cc and Bcc; the sender is --sender, else From. What was found is
shown where it stands, with its middle masked.
"""

import argparse
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealgate_milter import highlight, mailboxes
from sealgate_milter.classify import classify
from sealgate_milter.commands import common
from sealgate_milter.commands.common import CommandError
from sealgate_milter.doubts import of_tests
from sealgate_milter.explanation import as_text
from sealgate_milter.message import Message
from sealgate_milter.policy import Policy
from sealgate_milter.reading import read
from sealgate_milter.trace import answers
from sealgate_milter.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealgate_milter.commands.common import Subcommands


def add(subcommands: "Subcommands") -> None:
    """Declare the command."""
    command = subcommands.add_parser(
        "explain",
        help="show what happens to a message, and why",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common.add_policy(command)
    command.add_argument("--sender", metavar="ADDR", help="envelope sender")
    command.add_argument("--recipient", metavar="ADDR", action="append", help="envelope recipient; may be repeated")
    command.add_argument("--json", action="store_true", help="print one JSON object a file")
    command.add_argument("--whole", action="store_true", help="show all that was read, not only what was found")
    command.add_argument(
        "--thread", metavar="MESSAGE-ID", action="append", default=[], help="take this message for one that was secure"
    )
    command.add_argument(
        "--known", metavar="ADDR", action="append", default=[], help="take it that the sender wrote to ADDR before"
    )
    said = "when it is sent, such as 2026-11-23T09:00; left out: its Date, else now"
    command.add_argument("--at", metavar="TIME", help=said)
    command.add_argument("files", metavar="FILE", nargs="+", type=Path, help="message as saved by a mail program")
    command.set_defaults(run=run)


@dataclass(frozen=True)
class Past:
    """What the milter would remember: secure messages, people who were written to."""

    threads: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    def thread(self, ids: "Sequence[str]") -> bool:
        """Tell whether one of these was a secure message; those of the portal always are."""
        return any(given in self.threads or given.startswith("<sealgate.") for given in ids)

    def person(self, message: Message, recipient: str, anyone: bool) -> bool:
        """Tell whether the recipient was written to before."""
        return recipient.lower() in self.people


def run(arguments: argparse.Namespace) -> int:
    """Explain every file; one that cannot be used is named on standard error and makes the exit status 1."""
    policy = common.load(arguments)
    threads = frozenset(f"<{given.strip('<>')}>" for given in arguments.thread)
    past = Past(threads, frozenset(address.lower() for address in arguments.known))
    at = _time(arguments.at)
    if not arguments.json:
        print(f"policy {common.policy_path(arguments)}")
        for sentence in of_tests(policy, policy.registered):
            print(f"note   {sentence}")
    status = 0
    for path in arguments.files:
        try:
            message = _message(path, arguments.sender, arguments.recipient)
        except OSError as error:
            print(f"sealgate-gateway: {common.said(error)}", file=sys.stderr)
            status = 1
            continue
        moment = _moment(message, at)
        verdict = classify(message, policy, past.thread, past.person, moment.when)
        if arguments.json:
            print(json.dumps(as_json(path, verdict)))
        else:
            print(for_people(str(path), message, policy, verdict, past, moment, whole=arguments.whole))
    return status


def _message(path: Path, sender: str | None, recipients: list[str] | None) -> Message:
    content = mailboxes.without_from_line(path.read_bytes())
    message = mailboxes.addressed(content, sender, recipients)
    if not message.header:
        # Damaged mail looks like that as well, and is judged like any.
        said = "begins with no header field; is it a message as saved (.eml)?"
        print(f"sealgate-gateway: {path}: {said}", file=sys.stderr)
    return message


@dataclass(frozen=True)
class Moment:
    """When a message is judged, and in words why then."""

    when: datetime
    why: str


def _moment(message: Message, at: datetime | None) -> Moment:
    """Return the moment of --at, else that of the Date field, else now."""
    if at is not None:
        return Moment(at, "as --at says")
    date = mailboxes.date_of(message)
    return Moment(date, "its Date; --at for another") if date else Moment(datetime.now(UTC), "now, as it has no Date")


def for_people(
    name: str,
    message: Message,
    policy: Policy,
    verdict: Verdict,
    past: Past,
    moment: Moment,
    *,
    whole: bool = False,
) -> str:
    """Return the explanation of a verdict, coloured when it goes to a terminal."""
    content = read(message)
    reasons = answers(message, content, policy, past.thread, past.person, moment.when)
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    marks = highlight.COLOURS if colours else highlight.Marks()
    at = f"{moment.when.astimezone():%a %-d %b %Y %H:%M %z} ({moment.why})" if policy.asks_time else ""
    return as_text(name, message, content, policy, verdict, reasons, marks, at=at, whole=whole)


def _time(given: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(given).astimezone() if given else None
    except (ValueError, OverflowError) as error:
        raise CommandError(f"--at: {given!r} is no time; write 2026-11-23T09:00 or 2026-11-23T09:00+01:00") from error


def as_json(path: Path, verdict: Verdict) -> dict[str, Any]:
    """Return the object that programs rely on (docs/policy.md)."""
    return {
        "file": str(path),
        "recipients": {
            address: {"action": decision.action.value, "rule": decision.rule}
            for address, decision in verdict.recipients.items()
        },
        "findings": [
            {"test": f.test, "detector": f.detector, "count": f.count, "part": f.part, "sample": f.sample}
            for f in verdict.findings
        ],
        "unreadable": [{"part": part.part, "reason": part.reason} for part in verdict.unreadable],
    }
