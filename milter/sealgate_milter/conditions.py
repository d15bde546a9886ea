"""What a test can look at. `CONDITIONS` declares every condition: its key in the policy file, its text, its builder.

Two families: a `TextTest` finds matches in the texts of a message, a `FactTest` is true or not for the message and
one recipient. Builders raise `ConditionError` with a sentence that says what to write instead.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sealgate_milter import text, transfer
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.detectors.match import Match
from sealgate_milter.matching import ConditionError, addresses, any_glob, compiled, strings
from sealgate_milter.message import Message
from sealgate_milter.reading import Content

SCOPES = ("subject", "headers", "body", "attachment")

_SIZE = re.compile(r"(\d+)\s*([kmg]?)i?b?\Z", re.IGNORECASE)
_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")


@dataclass(frozen=True)
class TextTest:
    """A test on texts: `gate` is a RE2 pattern that matches wherever `find` could yield something."""

    detector: str
    gate: str
    find: Callable[[bytes], Iterator[Match]]


@dataclass(frozen=True)
class Facts:
    """What a fact test may look at."""

    message: Message
    content: Content
    known_thread: Callable[[Sequence[str]], bool]


@dataclass(frozen=True)
class FactTest:
    """A test on facts: `holds(facts, recipient)`; `varies` when the answer depends on the recipient."""

    detector: str
    holds: Callable[[Facts, str], bool]
    varies: bool = False
    tags: tuple[str, ...] = ()
    """Subject tags that a rule with this test removes."""


Test = TextTest | FactTest


def _detector(value: object, folder: Path) -> Test:
    found = DETECTORS.get(value) if isinstance(value, str) else None
    if found is None:
        raise ConditionError(f"knows no {value!r}; there are {', '.join(DETECTORS)}")
    return TextTest(found.name, found.gate, found.find)


def _regex(value: object, folder: Path) -> Test:
    patterns = strings(value, folder)
    for pattern in patterns:
        compiled(pattern)
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    found = compiled(joined)

    def find(text: bytes) -> Iterator[Match]:
        return (Match(match.start(), match.end(), match[0]) for match in found.finditer(text) if match[0])

    return TextTest("regex", joined, find)


def _words(value: object, folder: Path) -> Test:
    entries = sorted({text.normalise(entry.strip()) for entry in strings(value, folder)}, key=len, reverse=True)
    ends = [r"\s+".join(re.escape(word).replace(r"\*", r"[\pL\pN_]*") for word in entry.split()) for entry in entries]
    gate = rf"(?i)(?:\A|[^\pL\pN_])({'|'.join(ends)})(?:[^\pL\pN_]|\z)"
    found = compiled(gate)

    def find(octets: bytes) -> Iterator[Match]:
        position = 0
        while match := found.search(octets, position):
            start, position = match.span(1)
            yield Match(start, position, b" ".join(match[1].lower().split()))

    return TextTest("words", gate, find)


def _recipient(value: object, folder: Path) -> Test:
    matches = addresses(value, folder)
    return FactTest("recipient", lambda facts, recipient: matches(recipient), varies=True)


def _sender(value: object, folder: Path) -> Test:
    matches = addresses(value, folder)
    return FactTest("sender", lambda facts, recipient: matches(facts.message.sender))


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
    "encrypted": "sealed for its reader (S/MIME, PGP)",
    "unsupported": "a document or archive whose text this version does not read",
    "too-many": "more than 1000 parts",
    "too-deep": "nested more than 30 levels deep",
    "too-big": "more text, or a longer header section, than is read",
}
"""Why a part is unreadable, with what each reason means."""


@dataclass(frozen=True)
class Condition:
    """A condition as declared: its key, its text for the reference, an example in TOML, its builder."""

    key: str
    text: str
    example: str
    build: Callable[[object, Path], Test]


_DECLARED = (
    Condition(
        "detector",
        "Numbers found by the detector of this name; `sealgate-gateway detectors` lists them.",
        '"us-ssn"',
        _detector,
    ),
    Condition(
        "words",
        "Words or phrases, in any case, whole words only; `*` stands for any rest of a word. `file:PATH` reads one a "
        "line.",
        '["strictly confidential", "diagnos*"]',
        _words,
    ),
    Condition(
        "regex",
        "Regular expressions in RE2 syntax (linear time; no look-around, no back-references), case-sensitive unless "
        "they begin with `(?i)`.",
        r"'(?i)\bproject[ -]falcon\b'",
        _regex,
    ),
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
        "An attachment has a file name of this form; `*` and `?` stand for anything.",
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

CONDITIONS = {condition.key: condition for condition in _DECLARED}
"""Every condition by its key."""
