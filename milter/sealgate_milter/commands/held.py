"""`sealgate-gateway held`: what policy holds in Postfix's hold queue, and what becomes of it.

    sealgate-gateway held list                 what is held, since when, by which rule
    sealgate-gateway held show ID              why, with what was found masked; --raw: the message itself
    sealgate-gateway held release ID...        let it go; the rules below the one that held it say if securely
    sealgate-gateway held drop ID...           remove it; --return: send it back to its sender

Messages that something else holds are left alone.
"""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate_milter import mailboxes
from sealgate_milter.classify import classify
from sealgate_milter.commands import common, explain
from sealgate_milter.commands.common import CommandError
from sealgate_milter.held import Held, HoldQueue, QueueError, readable

if TYPE_CHECKING:
    from sealgate_milter.commands.common import Subcommands


def add(subcommands: "Subcommands") -> None:
    """Declare the commands."""
    command = subcommands.add_parser(
        "held",
        help="list, show, release or drop what policy holds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    inner = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = _command(inner, "list", "what is held, since when, by which rule", run_list)
    listing.add_argument("--json", action="store_true", help="print one JSON object a message")
    show = _command(inner, "show", "why a message is held", run_show)
    common.add_policy(show)
    show.add_argument("--raw", action="store_true", help="print the message as it lies in the queue")
    show.add_argument("--whole", action="store_true", help="show all that was read, not only what was found")
    show.add_argument("id", metavar="ID")
    release = _command(inner, "release", "let messages go", run_release)
    drop = _command(inner, "drop", "remove messages", run_drop)
    drop.add_argument("--return", dest="give_back", action="store_true", help="send them back to their senders")
    for one in (release, drop):
        one.add_argument("ids", metavar="ID", nargs="+", help="queue ids as `held list` shows them")


def _command(
    inner: "Subcommands", name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    command = inner.add_parser(name, help=text, description=text)
    command.add_argument("--postfix", type=Path, metavar="DIR", help="configuration folder of the Postfix instance")
    command.set_defaults(run=_explained(run))
    return command


def _explained(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    def explained(arguments: argparse.Namespace) -> int:
        try:
            return run(arguments)
        except QueueError as error:
            raise CommandError(str(error)) from error

    return explained


def run_list(arguments: argparse.Namespace) -> int:
    """Print what is held."""
    messages, others = HoldQueue(arguments.postfix).messages()
    if arguments.json:
        for held in messages:
            print(json.dumps({**vars(held), "arrived": held.arrived.astimezone().isoformat()}))
        return 0
    print(as_table(messages, datetime.now()))
    if others:
        print(f"{others} more in the hold queue {'is' if others == 1 else 'are'} not ours: see postqueue -p")
    return 0


def as_table(messages: list[Held], now: datetime) -> str:
    """Return the messages as a table."""
    if not messages:
        return "Nothing is held."
    rows = [("id", "held for", "size", "rule", "from", "to")]
    for held in messages:
        more = f" and {len(held.recipients) - 2} more" if len(held.recipients) > 2 else ""
        people = ", ".join(held.recipients[:2]) + more
        rows.append((held.queue_id, _age(held, now), _size(held.size), held.rule, held.sender or "<>", people))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join("  ".join([*map(str.ljust, row[:5], widths), row[5]]) for row in rows)


def _age(held: Held, now: datetime) -> str:
    minutes = max(int((now - held.arrived).total_seconds() // 60), 0)
    hours, days = minutes // 60, minutes // 1440
    return f"{days} d {hours % 24} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _size(octets: int) -> str:
    return f"{octets / 1e6:.1f} MB" if octets >= 1e6 else f"{octets / 1000:.1f} KB"


def run_show(arguments: argparse.Namespace) -> int:
    """Explain why a message is held by the policy as it is now, or print it."""
    queue = HoldQueue(arguments.postfix)
    held = queue.one(arguments.id)
    content = queue.content(held)
    if arguments.raw:
        sys.stdout.buffer.write(content)
        return 0
    message, policy = readable(content, held), common.load(arguments)
    past = explain.Past()
    # Time windows are those of the moment when it was held.
    moment = held.arrived.astimezone()
    verdict = classify(message, policy, past.thread, past.person, moment)
    name = f"{held.queue_id}, held by rule {held.rule} since {held.arrived:%-d %b %Y %H:%M}"
    print(explain.for_people(name, message, policy, verdict, past, moment, whole=arguments.whole))
    return 0


def run_release(arguments: argparse.Namespace) -> int:
    """Release the messages."""
    return _each(arguments, HoldQueue.release, "released")


def run_drop(arguments: argparse.Namespace) -> int:
    """Remove the messages."""
    if arguments.give_back:
        return _each(arguments, HoldQueue.give_back, "sent back")
    return _each(arguments, HoldQueue.drop, "dropped")


def _each(arguments: argparse.Namespace, act: Callable[[HoldQueue, Held], None], done: str) -> int:
    queue = HoldQueue(arguments.postfix)
    for held in queue.chosen(arguments.ids):
        subject = mailboxes.subject_of(readable(queue.content(held), held))
        act(queue, held)
        print(f"{held.queue_id}: {done} ({held.sender or '<>'} to {', '.join(held.recipients)}: {subject or '-'})")
    return 0
