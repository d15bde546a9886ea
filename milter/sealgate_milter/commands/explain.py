"""`sealgate-gateway explain`: what the milter would do with a message, and why. The very engine of the milter.

Recipients are those of --recipient, else those of To, Cc and Bcc; the sender is --sender, else From.
"""

import argparse
import email.utils
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealgate_milter import message as messages
from sealgate_milter import transfer
from sealgate_milter.classify import classify
from sealgate_milter.commands import common
from sealgate_milter.message import Message
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
    command.add_argument(
        "--thread", metavar="MESSAGE-ID", action="append", default=[], help="take this message for one that was secure"
    )
    command.add_argument("files", metavar="FILE", nargs="+", type=Path, help="message as saved by a mail program")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain every file; a file that cannot be read stops the command."""
    policy = common.load(arguments)
    threads = _Threads(frozenset(f"<{given.strip('<>')}>" for given in arguments.thread))
    for path in arguments.files:
        message = _message(path, arguments)
        verdict = classify(message, policy, threads.known)
        print(json.dumps(as_json(path, verdict)) if arguments.json else as_text(path, verdict))
    return 0


@dataclass(frozen=True)
class _Threads:
    ids: frozenset[str]

    def known(self, ids: "Sequence[str]") -> bool:
        return any(given in self.ids or given.startswith("<sealgate.") for given in ids)


def _message(path: Path, arguments: argparse.Namespace) -> Message:
    message = messages.from_file(path, "", ())
    sender = arguments.sender if arguments.sender is not None else next(iter(_addresses(message, b"from")), "")
    recipients = arguments.recipient or _addresses(message, b"to", b"cc", b"bcc")
    plain = (recipient.strip().removeprefix("<").removesuffix(">") for recipient in recipients)
    return Message(sender.strip("<>"), tuple(dict.fromkeys(plain)), message.header, message.body)


def _addresses(message: Message, *names: bytes) -> list[str]:
    values = [transfer.words(value) for name, value in message.header if name.lower() in names]
    return [address for _, address in email.utils.getaddresses(values) if "@" in address]


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


def as_text(path: Path, verdict: Verdict) -> str:
    """Return the verdict as a person reads it."""
    lines = [f"{path}:" + (" (mode observe: nothing is changed)" if verdict.mode == "observe" else "")]
    for address, decision in verdict.recipients.items():
        why = f"rule {decision.rule!r}" if decision.rule else "no rule holds, or the recipient is ours"
        lines.append(f"  {decision.action.value:7} {address}  ({why})")
    if not verdict.recipients:
        lines.append("  no recipients: name one with --recipient")
    for finding in verdict.findings:
        where = f"part {finding.part}" if finding.part[:1].isdigit() else finding.part
        seen = f", at character {finding.offset}: {finding.sample}" if finding.sample else ""
        lines.append(f"  found   test {finding.test!r} ({finding.detector}), {finding.count} in {where}{seen}")
    lines += [f"  unread  part {part.part or '-'}: {part.reason}" for part in verdict.unreadable]
    lines += [f"  subject becomes {transfer.words(raw)!r}" for raw in verdict.subjects.values()]
    return "\n".join(lines)
