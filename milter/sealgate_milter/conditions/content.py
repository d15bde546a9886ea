"""Conditions on header fields, attachments, size, and on what cannot be read."""

import re
from collections.abc import Callable
from pathlib import Path

from sealgate_milter import text, transfer
from sealgate_milter.conditions.declare import Condition, Facts, FactTest, Test
from sealgate_milter.matching import ConditionError, any_glob, strings

_SIZE = re.compile(r"(\d+)\s*([kmg]?)i?b?\Z", re.IGNORECASE)
_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")


def _header(value: object, folder: Path) -> Test:
    wanted: list[tuple[bytes, Callable[[str], bool]]] = []
    for entry in strings(value, folder):
        name, colon, pattern = entry.partition(":")
        if not re.fullmatch(r"[!-9;-~]+", name.strip()):
            raise ConditionError(f'wants "Name: value" or "Name", not {entry!r}')
        wanted.append((name.strip().lower().encode(), any_glob([pattern.strip() if colon else "*"])))

    def holds(facts: Facts, recipient: str) -> bool:
        header = facts.message.header
        fields = [(name.lower(), raw) for name, raw in header]
        return any(name == given and test(transfer.words(raw)) for name, test in wanted for given, raw in fields)

    return FactTest("header", holds)


def _subject(value: object, folder: Path) -> Test:
    given = strings(value, folder)
    tags = [text.normalise(tag).lower() for tag in given]

    def holds(facts: Facts, recipient: str) -> bool:
        subjects = [entry.text.lower() for entry in facts.content.texts if entry.scope == "subject"]
        return any(tag in subject for tag in tags for subject in subjects)

    return FactTest("subject", holds, tags=tuple(given))


def _attachment_name(value: object, folder: Path) -> Test:
    matches = any_glob(strings(value, folder))

    def holds(facts: Facts, recipient: str) -> bool:
        return any(matches(part.name) for part in facts.content.attachments if part.name)

    return FactTest("attachment_name", holds)


def _attachment_type(value: object, folder: Path) -> Test:
    matches = any_glob(strings(value, folder))
    return FactTest("attachment_type", lambda facts, _: any(matches(part.type) for part in facts.content.attachments))


def _larger_than(value: object, folder: Path) -> Test:
    match = _SIZE.match(str(value).strip()) if not isinstance(value, bool) else None
    if match is None:
        raise ConditionError(f'wants a size such as 500000, "500 KB" or "10 MB", not {value!r}')
    size = int(match[1]) * _UNITS[match[2].lower()]
    return FactTest("larger_than", lambda facts, _: facts.message.size > size)


def _unreadable(value: object, folder: Path) -> Test:
    if value is True:
        return FactTest("unreadable", lambda facts, _: bool(facts.content.unreadable))
    if value is False:
        raise ConditionError('wants true, or reasons such as ["encrypted"]; for the opposite write `unless`')
    reasons = set(strings(value, folder))
    unknown = reasons - set(REASONS)
    if unknown:
        raise ConditionError(f"knows no reason {', '.join(sorted(unknown))}; there are {', '.join(REASONS)}")
    return FactTest("unreadable", lambda facts, _: any(part.reason in reasons for part in facts.content.unreadable))


def _reply_to_secure(value: object, folder: Path) -> Test:
    if value is not True:
        raise ConditionError("wants true; write `unless` in the rule for the opposite")

    def holds(facts: Facts, recipient: str) -> bool:
        found: list[str] = []
        for name, raw in facts.message.header:
            if name.lower() in (b"in-reply-to", b"references"):
                found += _MESSAGE_ID.findall(transfer.octets(raw))
        # The newest and the oldest of a very long thread are enough: every reply names both.
        return bool(found) and facts.known_thread(list(dict.fromkeys(found[-200:] + found[:50])))

    return FactTest("reply_to_secure", holds)


REASONS = {
    "encrypted": "sealed for its reader (S/MIME, PGP), or a document or archive locked with a password",
    "corrupt": "a document or archive that is damaged, in whole or in part",
    "unsupported": "a file of a kind whose text this version does not read, beyond the runs of plain text in it",
    "too-many": "more than 1000 parts, or an archive of more than 1000 files",
    "too-deep": "nested more than 30 levels deep, or an archive more than 3 archives deep",
    "too-large": "more text, more matches (200,000), a longer header section or an archive that unpacks to more "
    "(100 MB) than is read",
    "timeout": "a document that took more than 5 seconds to read (12 all together), or texts more than 6 to search",
    "crashed": "a document over which the process that read it died",
}
"""Why a part is unreadable, with what each reason means."""


DECLARED = (
    Condition(
        "header",
        "A header field of this name exists and, after a colon, has this value; `*` and `?` stand for anything.",
        '"Sensitivity: company-confidential"',
        _header,
    ),
    Condition(
        "subject",
        "The subject contains this tag, in any case. When a rule that names the test decides, the tag is removed from "
        "the subject on the way.",
        '"[secure]"',
        _subject,
    ),
    Condition(
        "attachment_name",
        "An attachment, or a file in one, has a file name of this form; `*` and `?` stand for anything.",
        '["*.xls*", "payroll*"]',
        _attachment_name,
    ),
    Condition(
        "attachment_type",
        "An attachment is declared with this media type; `*` stands for anything.",
        '"application/pdf"',
        _attachment_type,
    ),
    Condition(
        "larger_than",
        "The whole message is larger than this many bytes (`KB`, `MB`, `GB` are powers of 1000).",
        '"10 MB"',
        _larger_than,
    ),
    Condition(
        "unreadable",
        "Some part cannot be read: `true` for any reason, or a list of reasons.",
        '["encrypted", "too-deep"]',
        _unreadable,
    ),
    Condition(
        "reply_to_secure",
        "The message answers, or lies in a thread with, one that was secure.",
        "true",
        _reply_to_secure,
    ),
)
