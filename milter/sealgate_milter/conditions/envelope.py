"""Conditions on the envelope: recipient, sender, who wrote to whom before, and when."""

from pathlib import Path

from sealgate_milter.conditions.declare import Condition, Facts, FactTest, Test
from sealgate_milter.hours import hours
from sealgate_milter.matching import ConditionError, addresses


def _recipient(value: object, folder: Path) -> Test:
    matches = addresses(value, folder)
    return FactTest("recipient", lambda facts, recipient: matches(recipient), varies=True)


def _sender(value: object, folder: Path) -> Test:
    matches = addresses(value, folder)
    return FactTest("sender", lambda facts, recipient: matches(facts.message.sender))


def _first_time_recipient(value: object, folder: Path) -> Test:
    if value not in (True, "sender", "organisation"):
        raise ConditionError('wants true, "sender" or "organisation"; for the opposite write `unless` in the rule')
    anyone = value == "organisation"

    def holds(facts: Facts, recipient: str) -> bool:
        return not facts.known_recipient(facts.message, recipient, anyone)

    return FactTest("first_time_recipient", holds, varies=True)


def _hours(value: object, folder: Path) -> Test:
    window = hours(value, folder)
    return FactTest("hours", lambda facts, _: window.holds(facts.now))


DECLARED = (
    Condition(
        "recipient",
        "The recipient is one of these: `user@domain`, `domain`, `.domain` (any domain below it), `user@` (at any "
        "domain), `file:PATH`, `ldap:PATH` (a group of a directory, described in that file: docs/ldap.md). "
        "Looked at for each recipient by itself.",
        '["partner.example", "file:lawyers.txt"]',
        _recipient,
    ),
    Condition(
        "sender",
        "The envelope sender is one of these, written as for `recipient`.",
        '["hr@example.com"]',
        _sender,
    ),
    Condition(
        "first_time_recipient",
        'Nobody wrote to this recipient before: `true` or `"sender"`, not this sender; `"organisation"`, nobody of '
        "ours. What was sent counts from the day on which a policy first has this test; what was held or rejected does "
        "not count.",
        "true",
        _first_time_recipient,
    ),
    Condition(
        "hours",
        "The message comes in one of these windows: days (`Mon-Fri`, `Sat, Sun`), times (`08:00-18:00`, "
        "`22:00-06:00`), time zone (`Europe/Berlin`), each of which may be left out: every day, all day, this host's.",
        '["Mon-Thu 08:00-18:00", "Fri 08:00-16:00"]',
        _hours,
    ),
)
