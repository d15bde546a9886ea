"""Conditions on the envelope: recipient and sender."""

from pathlib import Path

from sealgate_milter.conditions.declare import Condition, FactTest, Test
from sealgate_milter.matching import addresses


def _recipient(value: object, folder: Path) -> Test:
    matches = addresses(value, folder)
    return FactTest("recipient", lambda facts, recipient: matches(recipient), varies=True)


def _sender(value: object, folder: Path) -> Test:
    matches = addresses(value, folder)
    return FactTest("sender", lambda facts, recipient: matches(facts.message.sender))


DECLARED = (
    Condition(
        "recipient",
        "The recipient is one of these: `user@domain`, `domain`, `.domain` (any domain below it), `user@` (at any "
        "domain), `file:PATH`. Looked at for each recipient by itself.",
        '["partner.example", "file:lawyers.txt"]',
        _recipient,
    ),
    Condition(
        "sender",
        "The envelope sender is one of these, written as for `recipient`.",
        '["hr@example.com"]',
        _sender,
    ),
)
