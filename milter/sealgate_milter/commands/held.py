"""`sealgate-gateway held`: what policy holds in Postfix's hold queue, and what becomes of it.

    sealgate-gateway held list                 what is held, since when, by which rule, and how it leaves if released
    sealgate-gateway held show ID              why, with what was found masked; --raw: the message itself
    sealgate-gateway held release ID...        let it go, in clear or securely, as `held list` says
    sealgate-gateway held drop ID...           remove it and tell its sender; --return: send it back to its sender

How a message leaves was decided by the rules below the one that held it, when it was held. Messages that something
else holds are left alone.
"""

import argparse
import json
import sqlite3
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate_core import tag
from sealgate_core.parameters import ParameterError
from sealgate_milter import judgement, mailboxes, notices, settings
from sealgate_milter.classify import classify, internal
from sealgate_milter.commands import common, explain
from sealgate_milter.commands.common import CommandError
from sealgate_milter.held import WAYS, Held, HoldQueue, QueueError, readable
from sealgate_milter.message import Message
from sealgate_milter.policy import PolicyError
from sealgate_milter.transaction import Transaction

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
    listing = _command(inner, "list", "what is held, since when, by which rule, how it leaves", run_list)
    common.add_policy(listing)
    listing.add_argument("--json", action="store_true", help="print one JSON object a message")
    show = _command(inner, "show", "why a message is held", run_show)
    common.add_policy(show)
    show.add_argument("--raw", action="store_true", help="print the message as it lies in the queue")
    show.add_argument("--whole", action="store_true", help="show all that was read, not only what was found")
    show.add_argument("id", metavar="ID")
    release = _command(inner, "release", "let messages go", run_release)
    common.add_policy(release)
    drop = _command(inner, "drop", "remove messages and tell their senders", run_drop)
    common.add_config(drop)
    how = drop.add_mutually_exclusive_group()
    how.add_argument("--return", dest="give_back", action="store_true", help="send them back to their senders")
    how.add_argument("--silent", action="store_true", help="tell nobody")
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
    print(as_table(messages, datetime.now(), _ours(arguments) if messages else frozenset()))
    if others:
        print(f"{others} more in the hold queue {'is' if others == 1 else 'are'} not ours: see postqueue -p")
    return 0


def as_table(messages: list[Held], now: datetime, ours: frozenset[str] = frozenset()) -> str:
    """Return the messages as a table; how they leave is said of the recipients outside `ours`, our domains."""
    if not messages:
        return "Nothing is held."
    rows = [("id", "held for", "size", "rule", "leaves", "from", "to")]
    for held in messages:
        more = f" and {len(held.recipients) - 2} more" if len(held.recipients) > 2 else ""
        people = ", ".join(held.recipients[:2]) + more
        way = ", ".join(way for way in WAYS if way in _outside(held, ours)) or "to our own"
        rows.append((held.queue_id, _age(held, now), _size(held.size), held.rule, way, held.sender or "<>", people))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return "\n".join("  ".join([*map(str.ljust, row[:6], widths), row[6]]) for row in rows)


def _outside(held: Held, ours: frozenset[str]) -> dict[str, list[str]]:
    """Return the recipients outside by the way that leads to them."""
    found: dict[str, list[str]] = {}
    for address, way in zip(held.recipients, held.leaves, strict=False):
        if not internal(address, ours):
            found.setdefault(way, []).append(address)
    return found


def leaving(held: Held, ours: frozenset[str]) -> str:
    """Return in words how a message leaves when it is released."""
    said = {"in clear": "leaves in clear to", "securely": "leaves securely to", "rejected": "is rejected for"}
    ways = _outside(held, ours)
    parts = [f"{said[way]} {', '.join(ways[way])}" for way in WAYS if way in ways]
    return "; ".join(parts) or "stays with our own people"


def _ours(arguments: argparse.Namespace) -> frozenset[str]:
    """Return our domains; none when the policy cannot be used: the queue must be worked off all the same."""
    try:
        return common.load(arguments).internal
    except (PolicyError, ParameterError):
        return frozenset()


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
    moment = explain.Moment(held.arrived.astimezone(), "when it was held")
    verdict = classify(message, policy, past.thread, past.person, moment.when)
    name = f"{held.queue_id}, held by rule {held.rule} since {held.arrived:%-d %b %Y %H:%M}"
    print(f"policy {common.policy_path(arguments)}")
    print(explain.for_people(name, message, policy, verdict, past, moment, whole=arguments.whole))
    print(f"\nReleased as it lies in the queue, it {leaving(held, policy.internal)}.")
    return 0


def run_release(arguments: argparse.Namespace) -> int:
    """Release the messages."""
    ours = _ours(arguments)

    def release(queue: HoldQueue, held: Held, _: Message) -> str:
        queue.release(held)
        return f"released, {leaving(held, ours)}"

    return _each(arguments, release)


def run_drop(arguments: argparse.Namespace) -> int:
    """Remove the messages; each sender is told by us, or gets the message back from Postfix."""
    if arguments.give_back:
        return _each(arguments, _give_back)
    if arguments.silent:
        return _each(arguments, _drop_silently)
    basis = _basis(arguments.config or settings.CONFIG)

    def drop(queue: HoldQueue, held: Held, message: Message) -> str:
        told = _notices(held, message, basis)
        queue.drop(held)
        try:
            basis.outbox.put(told)
        except sqlite3.Error as error:
            raise CommandError(f"{held.queue_id}: dropped, but its sender is not told: {error}") from error
        return "dropped, its sender is told" if told else "dropped; its sender is a program or a stranger, so not told"

    return _each(arguments, drop)


def _give_back(queue: HoldQueue, held: Held, _: Message) -> str:
    queue.give_back(held)
    return "sent back"


def _drop_silently(queue: HoldQueue, held: Held, _: Message) -> str:
    queue.drop(held)
    return "dropped, nobody is told"


def _basis(config: Path) -> judgement.Basis:
    """Return what the milter itself rests on; raise `CommandError` when its notices cannot be used."""
    otherwise = "; --silent drops without telling the sender, --return has Postfix tell him"
    try:
        basis = judgement.load(config, only_check=True)
    except ParameterError as error:
        raise CommandError(f"{error}{otherwise}") from error
    if not basis.outbox.path.exists():
        # The milter makes it when it starts; made by us, it would be root's.
        raise CommandError(f"{basis.outbox.path} is not there: has the milter never run here?{otherwise}")
    return basis


def _notices(held: Held, message: Message, basis: judgement.Basis) -> list[notices.Notice]:
    transaction = Transaction(f"<{held.sender}>", 0)
    transaction.header = list(message.header)
    content = tag.content_digest(transaction.header, message.body)
    rule = None if held.rule == "-" else held.rule
    return notices.dropped(transaction, held.recipients, rule, content, basis.internal, basis.host)


def _each(arguments: argparse.Namespace, act: Callable[[HoldQueue, Held, Message], str]) -> int:
    queue = HoldQueue(arguments.postfix)
    for held in queue.chosen(arguments.ids):
        message = readable(queue.content(held), held)
        done = act(queue, held, message)
        subject = mailboxes.subject_of(message) or "-"
        print(f"{held.queue_id}: {done} ({held.sender or '<>'} to {', '.join(held.recipients)}: {subject})")
    return 0
