"""`sealgate-gateway policy replay MAILBOX --against NEW`: what a new policy would have done to past mail.

MAILBOX is a mbox, a Maildir, a folder of .eml files or one message: the archive of sent mail, say. Every message is
judged twice, by the present policy and by NEW, in the order in which it stands there. What a policy knows from before
(secure threads, people written to) is what it has seen in this mailbox.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate_milter import mailboxes, transfer
from sealgate_milter.classify import classify, internal
from sealgate_milter.commands import common
from sealgate_milter.message import Message
from sealgate_milter.mime import first
from sealgate_milter.policy import Policy
from sealgate_milter.verdict import Action, Decision, Verdict
from sealgate_milter.wording import counted

if TYPE_CHECKING:
    from sealgate_milter.commands.common import Subcommands

SHOWN = 20
_ORDER = (Action.REJECT, Action.HOLD, Action.SECURE, Action.CLEAR)


def add(subcommands: "Subcommands") -> None:
    """Declare the command."""
    command = subcommands.add_parser(
        "replay",
        help="say what a new policy would have done to past mail",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common.add_policy(command)
    command.add_argument("--against", type=Path, metavar="NEW", required=True, help="the new policy file")
    command.add_argument("--all", action="store_true", help=f"list every changed message, not only {SHOWN}")
    command.add_argument("--json", action="store_true", help="print one JSON object a change, nothing else")
    command.add_argument("mailbox", type=Path, metavar="MAILBOX")
    command.set_defaults(run=run)


@dataclass(frozen=True)
class Change:
    """One recipient of one message whom the two policies treat differently."""

    name: str
    subject: str
    recipient: str
    now: Decision
    new: Decision

    @property
    def kind(self) -> tuple[str, str, str, str]:
        """Both actions and both rules."""
        return self.now.action.value, self.new.action.value, self.now.rule or "-", self.new.rule or "-"


@dataclass
class Judge:
    """A policy and what it remembers of the mail before."""

    policy: Policy
    threads: set[str] = field(default_factory=set)
    people: set[tuple[str, str]] = field(default_factory=set)

    def verdict(self, message: Message) -> Verdict:
        """Return the verdict on the next message, and remember what the milter would."""
        given = classify(message, self.policy, self._thread, self._known, mailboxes.date_of(message))
        if any(decision.action is Action.SECURE for decision in given.recipients.values()):
            self.threads.add(transfer.octets(first(message.header, b"message-id")).strip())
        for recipient in given.recipients:
            self.people |= {(message.sender.lower(), recipient.lower()), ("", recipient.lower())}
        return given

    def _thread(self, ids: Sequence[str]) -> bool:
        return any(one in self.threads for one in ids)

    def _known(self, message: Message, recipient: str, anyone: bool) -> bool:
        return ("" if anyone else message.sender.lower(), recipient.lower()) in self.people


@dataclass
class Sums:
    """What has been counted so far; recipients inside are not counted."""

    messages: int = 0
    now: Counter[Action] = field(default_factory=Counter)
    new: Counter[Action] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)


def run(arguments: argparse.Namespace) -> int:
    """Judge the mailbox by both policies and print how they differ."""
    now, present = Judge(common.load(arguments)), common.policy_path(arguments)
    arguments.policy = arguments.against
    new = Judge(common.load(arguments))
    sums = Sums()
    listed: list[Change] = []
    for change in _changes(arguments.mailbox, now, new, sums, _progress()):
        if arguments.json:
            print(json.dumps(_as_json(change)))
        elif arguments.all or len(listed) < SHOWN:
            listed.append(change)
    if not arguments.json:
        print(f"now  {present}\nnew  {arguments.against}\n\n{as_text(sums, listed)}")
    return 0


def _progress() -> Callable[[int, float], None]:
    """Return what shows progress on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda messages, done: None
    shown = time.monotonic()

    def show(messages: int, done: float) -> None:
        nonlocal shown
        if time.monotonic() - shown > 0.2 or done >= 1:
            shown = time.monotonic()
            said = f"\r{counted(messages, 'message')}, {done:.0%} "
            print(said, end="\n" if done >= 1 else "", file=sys.stderr, flush=True)

    return show


def _changes(
    mailbox: Path, now: Judge, new: Judge, sums: Sums, progress: Callable[[int, float], None]
) -> Iterator[Change]:
    for stored in mailboxes.stored(mailbox):
        message = mailboxes.addressed(stored.content)
        old, other = now.verdict(message).recipients, new.verdict(message).recipients
        sums.messages += 1
        for recipient, decision in old.items():
            if internal(recipient, now.policy.internal) and internal(recipient, new.policy.internal):
                continue
            sums.now[decision.action] += 1
            sums.new[other[recipient].action] += 1
            change = Change(stored.name, mailboxes.subject_of(message), recipient, decision, other[recipient])
            if decision.action is not change.new.action:
                sums.kinds[change.kind] += 1
                yield change
        progress(sums.messages, stored.done)


def _as_json(change: Change) -> dict[str, object]:
    sides = {
        side: {"action": given.action.value, "rule": given.rule}
        for side, given in (("now", change.now), ("new", change.new))
    }
    return {"message": change.name, "subject": change.subject, "recipient": change.recipient, **sides}


def as_text(sums: Sums, listed: Sequence[Change]) -> str:
    """Return the two policies side by side, what changes and by which rules, and the first messages concerned."""
    lines = [f"{counted(sums.messages, 'message')} to {counted(sum(sums.now.values()), 'recipient')} outside", ""]
    lines.append(f"{'':9}{'now':>9}{'new':>9}{'difference':>14}")
    for action in _ORDER:
        before, after = sums.now[action], sums.new[action]
        difference = f"{after - before:+,}" if after != before else "-"
        lines.append(f"{action.value:9}{before:9,}{after:9,}{difference:>14}")
    if not sums.kinds:
        return "\n".join([*lines, "", "No recipient would have been treated differently."])
    changed = sum(sums.kinds.values())
    lines += ["", f"{changed:,} recipients would have been treated differently:"]
    for (old, new, old_rule, new_rule), count in sums.kinds.most_common():
        lines.append(f"{count:9,}  {old:6} ({old_rule}) -> {new:6} ({new_rule})")
    more = f", the first {len(listed)} of {changed:,}; --all lists them all" if changed > len(listed) else ""
    lines += ["", f"Messages{more}"]
    lines += [_line(change) for change in listed]
    return "\n".join(lines)


def _line(change: Change) -> str:
    before, after, _, rule = change.kind
    return f"  {before:6} -> {after:6} {change.recipient}  ({rule})  {change.name}: {change.subject[:60] or '-'}"
