"""A verdict as a person reads it: what happens to each recipient's copy and why, what was found where."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from sealgate_milter import highlight, mailboxes, transfer
from sealgate_milter.classify import internal
from sealgate_milter.conditions import registered
from sealgate_milter.conditions.content import REASONS
from sealgate_milter.highlight import Marks
from sealgate_milter.message import Message
from sealgate_milter.policy import Policy
from sealgate_milter.reading import Content
from sealgate_milter.scores import scores
from sealgate_milter.trace import Answer
from sealgate_milter.verdict import Action, Decision, Finding, Verdict

NAMED = 8
"""Recipients with the same verdict for the same reasons that are named."""


def as_text(
    name: str,
    message: Message,
    content: Content,
    policy: Policy,
    verdict: Verdict,
    answers: Mapping[str, Sequence[Answer]],
    marks: Marks,
    *,
    at: str = "",
    whole: bool = False,
) -> str:
    """Return the explanation; `answers` are what the rules say about each recipient, `whole` shows every text.

    `at` says when the message is judged, where that matters.
    """
    lines = [name + (" (observe mode: nothing is changed)" if verdict.mode == "observe" else "")]
    lines += [f"  from     {message.sender or '<>'}", f"  subject  {mailboxes.subject_of(message) or '-'}"]
    lines += [f"  time     {at}", ""] if at else [""]
    lines += _recipients(verdict, answers, policy)
    counted = [f"  {line}" for line in scores(content, policy, every=whole)]
    lines += ["", "Counted", *counted] if counted else []
    lines += _evidence(content, verdict, marks, whole=whole)
    if verdict.unreadable:
        lines += ["", "Could not be read"]
        said = ((part, REASONS.get(part.reason, "")) for part in verdict.unreadable)
        lines += [f"  part {part.part or '-'}: {part.reason}, {meaning}" for part, meaning in said]
    for raw in verdict.subjects.values():
        lines += ["", f"The subject becomes {transfer.words(raw)!r}"]
    return "\n".join(lines)


def _recipients(verdict: Verdict, answers: Mapping[str, Sequence[Answer]], policy: Policy) -> list[str]:
    if not verdict.recipients:
        return ["  no recipients: name one with --recipient"]
    deciding = dict.fromkeys(decision.rule for decision in verdict.recipients.values() if decision.rule)
    same: dict[tuple[str, ...], list[str]] = {}
    for address, decision in verdict.recipients.items():
        reasons = _reasons(address, decision, answers.get(address, ()), deciding, policy)
        same.setdefault((decision.action.value, *reasons), []).append(address)
    lines = []
    for (action, *reasons), addresses in same.items():
        more = f" and {len(addresses) - NAMED} more" if len(addresses) > NAMED else ""
        lines.append(f"  {action:7}  {', '.join(addresses[:NAMED])}{more}")
        lines += [f"           {reason}" for reason in reasons]
    return lines


def _reasons(
    address: str, decision: Decision, answers: Sequence[Answer], deciding: Mapping[str, None], policy: Policy
) -> list[str]:
    """Return why this recipient: the rule that decided, and why not those that decided about others."""
    if internal(address, policy.internal):
        return ["one of ours: stays clear"]
    by_name = {answer.rule.name: answer for answer in answers}
    said = []
    if decision.rule in by_name:
        said.append(f"by rule {decision.rule}: {by_name[decision.rule].because()}")
    else:
        said.append("no rule decides about this recipient")
    if decision.vetoed:
        said.append(f"not as {decision.vetoed} wishes: {decision.rule} has a veto")
    if decision.action is Action.HOLD:
        said.append(f"when it is released it leaves {'securely' if decision.released is Action.SECURE else 'in clear'}")
    for effect in decision.effects:
        told = [*(["the sender"] if effect.tell_sender else []), *effect.tell]
        said += [f"{effect.rule} tells {', '.join(told)}"] if told else []
        said += [f"{effect.rule} sends a blind copy to {', '.join(effect.bcc)}"] if effect.bcc else []
    others = [by_name[name] for name in deciding if name != decision.rule and name in by_name]
    said += [f"not by rule {other.rule.name}: {other.because()}" for other in others if not other.holds]
    return said


def _evidence(content: Content, verdict: Verdict, marks: Marks, *, whole: bool) -> list[str]:
    texts = [finding for finding in verdict.findings if 0 <= finding.text < len(content.texts)]
    facts = [finding for finding in verdict.findings if finding.text < 0]
    lines = ["", "Found"] if verdict.findings else []
    lines += [f"  {_named(finding)} is true of {_whole_part(finding.part)}" for finding in facts]
    for place, group in groupby(sorted(texts, key=lambda finding: finding.text), key=lambda finding: finding.text):
        found = list(group)
        lines.append(f"  in {_place(content.texts[place].scope, found[0].part)}: {', '.join(map(_counted, found))}")
        if not whole:
            lines += [f"    | {line}" for line in highlight.excerpts(content.texts[place], found, marks)]
    if whole:
        for place, text in enumerate(content.texts):
            found = [finding for finding in texts if finding.text == place]
            lines += ["", f"--- {_place(text.scope, text.part)} ---"]
            lines += highlight.whole(text, found, marks).strip("\n").splitlines()
    return lines


def _place(scope: str, part: str) -> str:
    """Return where a text stands, in words: `the subject`, `the body, part 1`, `an attachment, part 2/report.docx`."""
    names = {"subject": "the subject", "headers": "the header", "body": "the body", "file-name": "a file name"}
    return names.get(scope, "an attachment") + (f", part {part}" if part[:1].isdigit() else "")


def _whole_part(part: str) -> str:
    return f"part {part}" if part[:1].isdigit() else f"the {part}"


def _named(finding: Finding) -> str:
    if finding.detector in registered.DETECTORS:
        return f"{finding.test} ({finding.detector} of {finding.sample})"
    return finding.test if finding.test == finding.detector else f"{finding.test} ({finding.detector})"


def _counted(finding: Finding) -> str:
    return f"{_named(finding)}" + (f" {finding.count} times" if finding.count > 1 else "")
