"""What a milter can ask of Postfix at end of message, as data: made by `tagging.plan`, carried out by `daemon`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DeleteRecipient:
    """Take `recipient` (byte for byte as it was given) from the envelope."""

    recipient: str


@dataclass(frozen=True)
class AddRecipient:
    """Add `recipient` to the envelope with ESMTP `parameters` in one string."""

    recipient: str
    parameters: str


@dataclass(frozen=True)
class ChangeField:
    """Set the `index`th (from 1) header field called `name` to `value`; an empty value removes it."""

    name: str
    index: int
    value: str


@dataclass(frozen=True)
class AddField:
    """Append a header field."""

    name: str
    value: str


@dataclass(frozen=True)
class ReplaceBody:
    """Put `body` in the place of the whole body."""

    body: bytes


@dataclass(frozen=True)
class Quarantine:
    """Put the whole message in Postfix's hold queue; `reason` goes to Postfix's log."""

    reason: str


Change = DeleteRecipient | AddRecipient | ChangeField | AddField | ReplaceBody | Quarantine
