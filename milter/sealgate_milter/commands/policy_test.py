"""`sealgate-gateway policy test DIR`: a folder of messages with the verdicts they must get.

An expectation stands in the message itself, as header fields that no rule gets to see,

    X-Sealgate-Expect: secure by personal-number
    X-Sealgate-Expect: clear for kim@partner.example

or beside MESSAGE.eml in MESSAGE.toml:

    expect = "secure by personal-number"                  # or: { "kim@partner.example" = "clear" }
    sender = "ann@example.com"                            # left out: From
    recipients = ["kim@partner.example"]                  # left out: To, Cc and Bcc
    secure_thread = true                                  # it answers a secure message
    known = ["kim@partner.example"]                       # the sender wrote to them before
    at = 2026-11-23T09:00:00+01:00                        # when it is sent; left out: its Date

ACTION is clear, secure, hold or reject; without `for` it is meant for every recipient. Exit status 1 when a message
gets another verdict, or has no expectation.
"""

import argparse
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealgate_milter import mailboxes, transfer
from sealgate_milter.classify import classify
from sealgate_milter.commands import common
from sealgate_milter.commands.common import CommandError
from sealgate_milter.message import Message
from sealgate_milter.policy import Policy
from sealgate_milter.verdict import Action, Decision
from sealgate_milter.wording import counted

if TYPE_CHECKING:
    from sealgate_milter.commands.common import Subcommands

FIELD = b"x-sealgate-expect"
KEYS: dict[str, type | tuple[type, ...]] = {
    "expect": (str, dict),
    "sender": str,
    "recipients": list,
    "secure_thread": bool,
    "known": list,
    "at": datetime,
}
EVERYBODY = "*"


def add(subcommands: "Subcommands") -> None:
    """Declare the command."""
    command = subcommands.add_parser(
        "test",
        help="judge a folder of messages and compare with the verdicts they must get",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common.add_policy(command)
    command.add_argument("--verbose", action="store_true", help="name every message, not only those that fail")
    command.add_argument("folder", type=Path, metavar="DIR")
    command.set_defaults(run=run)


@dataclass(frozen=True)
class Case:
    """A message and what is expected: `wanted` by address (or `EVERYBODY`) as action and rule (`""`: any rule)."""

    message: Message
    wanted: Mapping[str, tuple[Action, str]]
    secure_thread: bool = False
    known: frozenset[str] = field(default=frozenset())
    at: datetime | None = None


def run(arguments: argparse.Namespace) -> int:
    """Judge every message of the folder; 1 when one of them is not judged as expected."""
    policy = common.load(arguments)
    if not arguments.folder.is_dir():
        raise CommandError(f"{arguments.folder}: is no folder; name one with *.eml files")
    print(f"policy {common.policy_path(arguments)}")
    right = wrong = 0
    for stored in mailboxes.stored(arguments.folder):
        complaints = judge(case(stored, (arguments.folder / stored.name).with_suffix(".toml")), policy)
        right, wrong = right + (not complaints), wrong + bool(complaints)
        if complaints or arguments.verbose:
            print(f"{'FAIL' if complaints else 'ok  '} {stored.name}")
        for complaint in complaints:
            print(f"     {complaint}")
    if not right + wrong:
        raise CommandError(f"{arguments.folder}: has no *.eml file")
    print(f"{counted(right + wrong, 'message')}, {wrong} failed")
    return 1 if wrong else 0


def case(stored: mailboxes.Stored, sidecar: Path) -> Case:
    """Return the case of a message; raise `CommandError` when its expectation cannot be understood."""
    message = mailboxes.addressed(stored.content)
    wanted = dict(
        _wanted(transfer.words(value), stored.name) for name, value in message.header if name.lower() == FIELD
    )
    header = tuple(entry for entry in message.header if entry[0].lower() != FIELD)
    given = _sidecar(sidecar) if sidecar.exists() else {}
    expected = given.get("expect", {})
    entries = [expected] if isinstance(expected, str) else [f"{what} for {who}" for who, what in expected.items()]
    wanted.update(_wanted(entry, str(sidecar)) for entry in entries)
    recipients = tuple(given.get("recipients", message.recipients))
    at = given.get("at") or mailboxes.date_of(message)
    return Case(
        Message(given.get("sender", message.sender), recipients, header, message.body),
        wanted,
        given.get("secure_thread", False),
        frozenset(address.lower() for address in given.get("known", ())),
        at.replace(tzinfo=UTC) if at and not at.tzinfo else at,
    )


def _sidecar(path: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: is not valid TOML ({error})") from error
    for key, value in given.items():
        if key not in KEYS:
            raise CommandError(f"{path}: unknown key {key!r}; known ones are {', '.join(KEYS)}")
        texts = value if isinstance(value, list) else [*value, *value.values()] if isinstance(value, dict) else []
        if not isinstance(value, KEYS[key]) or not all(isinstance(text, str) for text in texts):
            raise CommandError(f"{path}: {key} is written wrongly; see sealgate-gateway policy test --help")
    return given


def _wanted(text: str, where: str) -> tuple[str, tuple[Action, str]]:
    """Take `ACTION [by RULE] [for ADDRESS]` apart."""
    rest, _, address = text.strip().partition(" for ")
    action, _, rule = rest.partition(" by ")
    try:
        return address.strip().lower() or EVERYBODY, (Action(action.strip().lower()), rule.strip())
    except ValueError as error:
        actions = ", ".join(one.value for one in Action)
        raise CommandError(f"{where}: {text!r} is no expectation; write one of {actions}, then `by RULE`") from error


def judge(case: Case, policy: Policy) -> list[str]:
    """Return in sentences what differs from what is expected; nothing when all is as it must be."""
    if not case.wanted:
        return ["says nothing of what is expected: add X-Sealgate-Expect: ACTION, or a .toml file beside it"]
    if not case.message.recipients:
        return ["has no recipient: add a To field, or recipients in a .toml file beside it"]
    verdict = classify(
        case.message,
        policy,
        lambda ids: case.secure_thread,
        lambda message, recipient, anyone: recipient.lower() in case.known,
        case.at,
    )
    missing = set(case.wanted) - {EVERYBODY} - {address.lower() for address in verdict.recipients}
    complaints = [f"{address} is expected, but is no recipient of it" for address in sorted(missing)]
    for address, decision in verdict.recipients.items():
        wanted = case.wanted.get(address.lower(), case.wanted.get(EVERYBODY))
        if wanted and not (decision.action is wanted[0] and wanted[1] in ("", decision.rule)):
            complaints.append(f"{address}: {_said(*wanted)} expected, got {_said(decision.action, _rule(decision))}")
    if complaints and verdict.findings:
        found = dict.fromkeys(f"{finding.test} ({finding.detector})" for finding in verdict.findings)
        complaints.append(f"true in it: {', '.join(found)}")
    return complaints


def _rule(decision: Decision) -> str:
    return decision.rule or "no rule"


def _said(action: Action, rule: str) -> str:
    return f"{action.value} by {rule}" if rule else action.value
