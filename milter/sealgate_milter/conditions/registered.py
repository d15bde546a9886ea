"""Conditions on what the organisation has registered: documents by fingerprint, rows of real data."""

from pathlib import Path
from typing import Any

from sealgate_core.parameters import like
from sealgate_milter.conditions.declare import Condition, Facts, FactTest, Test
from sealgate_milter.matching import ConditionError, strings
from sealgate_milter.registered.meeting import Meeting, meetings
from sealgate_milter.registered.overlap import Overlap, overlaps, same_files
from sealgate_milter.registered.registry import Registered
from sealgate_milter.verdict import Finding

DETECTORS = ("fingerprint", "exact_data")
"""What findings of these conditions are called; their sample names the document, or the set and its columns."""
MOST = 20
"""Documents that are named in the evidence."""


def _fingerprint(value: object, folder: Path) -> Test:
    labels = None if value is True else frozenset(strings(value, folder)) if value is not False else frozenset()
    if labels is not None and not labels:
        raise ConditionError('wants true for any registered document, or labels such as ["board", "payroll"]')

    def found(facts: Facts) -> tuple[list[Overlap], list[tuple[str, str, str]]]:
        parts, whole = _documents(facts)
        return (
            [overlap for overlap in parts if labels is None or overlap.document.label in labels],
            [entry for entry in whole if labels is None or entry[1] in labels],
        )

    def evidence(facts: Facts, test: str) -> list[Finding]:
        parts, whole = found(facts)
        files = [Finding(test, "fingerprint", 1, part, 0, _named(label, name)) for part, label, name in whole]
        return (files + [_passages(facts, test, overlap) for overlap in parts])[:MOST]

    def ready(registered: Registered) -> None:
        registered.documents()

    def doubt(registered: Registered) -> str:
        there = {document.label for document in registered.documents().documents.values()}
        unknown = sorted((labels or frozenset()) - there)
        if not unknown:
            return ""
        labelled = f"no document is registered with the label {' or '.join(map(repr, unknown))}"
        return f"{labelled} (there is: {', '.join(sorted(there)) or 'nothing yet'}){like(unknown[0], there)}"

    return FactTest("fingerprint", lambda facts, _: any(found(facts)), evidence=evidence, ready=ready, doubt=doubt)


def _documents(facts: Facts) -> tuple[list[Overlap], list[tuple[str, str, str]]]:
    """Return what the message holds of registered documents, looked up once a message.

    Parts of documents by their text; `(part, label, name)` of files that are one of them octet by octet.
    """
    if "documents" not in facts.known:
        index = facts.registered.documents()
        parts = overlaps(index, [text.octets for text in facts.content.texts])
        files = [part for part in facts.content.attachments if part.sha256] if index.documents else []
        same = same_files(index, [part.sha256 for part in files])
        whole = [(files[at].part, document.label, document.name) for at, document in same]
        facts.known["documents"] = parts, whole
    known: tuple[list[Overlap], list[tuple[str, str, str]]] = facts.known["documents"]
    return known


def _passages(facts: Facts, test: str, overlap: Overlap) -> Finding:
    named = _named(overlap.document.label, overlap.document.name)
    return _finding(facts, test, "fingerprint", overlap.count, overlap.text, overlap.spans, named)


def _named(label: str, name: str) -> str:
    return f"{label}: {name}"


def _exact_data(value: object, folder: Path) -> Test:
    given: dict[str, Any] = value if isinstance(value, dict) else {"set": value}
    name, least = given.get("set"), given.get("rows", 1)
    if not isinstance(name, str) or not name or set(given) - {"set", "rows"} or "/" in name:
        raise ConditionError('wants the name of a data set, or { set = "customers", rows = 5 }')
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise ConditionError(f"wants rows to be a whole number from 1 up, not {least!r}")

    def found(facts: Facts) -> Meeting | None:
        key = f"rows/{name}/{least}"
        if key not in facts.known:
            # Names and addresses of sender and recipients are no leak.
            texts = [text.octets if text.scope != "headers" else b"" for text in facts.content.texts]
            facts.known[key] = meetings(facts.registered.rows(name), texts, least)
        meeting: Meeting | None = facts.known[key]
        return meeting if meeting is not None and meeting.rows >= least else None

    def evidence(facts: Facts, test: str) -> list[Finding]:
        meeting = found(facts)
        if meeting is None:
            return []
        spans = tuple((start, end) for text, start, end in meeting.spans if text == meeting.text)
        said = f"{name}: {', '.join(meeting.columns)}"
        return [_finding(facts, test, "exact_data", meeting.rows, meeting.text, spans, said)]

    def ready(registered: Registered) -> None:
        registered.rows(name)

    return FactTest("exact_data", lambda facts, _: found(facts) is not None, evidence=evidence, ready=ready)


def _finding(
    facts: Facts, test: str, detector: str, count: int, place: int, spans: tuple[tuple[int, int], ...], sample: str
) -> Finding:
    if place < 0:
        return Finding(test, detector, count, "message", 0, sample)
    text = facts.content.texts[place]
    offset = len(text.octets[: spans[0][0]].decode("utf-8", "replace")) if spans else 0
    return Finding(test, detector, count, text.part, offset, sample, place, _merged(spans))


def _merged(spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return spans with those joined that overlap."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


DECLARED = (
    Condition(
        "fingerprint",
        "A text or attachment is, or holds a part of, a document registered with `sealgate-gateway fingerprint add`: "
        "the same file, an edited copy, an excerpt of some thirty words, in any file format. `true` for every "
        "document, or a list of labels.",
        '["board", "payroll"]',
        _fingerprint,
    ),
    Condition(
        "exact_data",
        "Enough columns of one row of this data set meet in the message; `sealgate-gateway exact-data build` makes "
        "the set from a CSV file and says which columns it takes. With `rows`, so many rows must be there.",
        '{ set = "customers", rows = 1 }',
        _exact_data,
    ),
)
