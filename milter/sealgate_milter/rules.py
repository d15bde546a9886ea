"""The rules of the policy file: what each one says, whether it holds, and which of those that hold decides."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from sealgate_core.address import domain_of
from sealgate_core.parameters import like
from sealgate_milter import expression
from sealgate_milter.expression import Expression, ExpressionError
from sealgate_milter.hours import Hours, hours
from sealgate_milter.matching import ConditionError, addresses, strings
from sealgate_milter.verdict import Action, Decision, Effect

RULE_KEYS = {
    "name": "What the rule is called in log, tag and notices; required, and no two rules share one.",
    "when": "Expression over test names with and, or, not, ( ); the rule holds when it does. Left out: always.",
    "unless": "Expression as in when; the rule does not hold when this one does.",
    "to": "Recipients whom the rule is about, written as for the condition `recipient`. Left out: everybody outside.",
    "hours": 'When the rule is in force, such as "Mon-Fri 08:00-18:00"; see the condition `hours`. Left out: always.',
    "then": "What happens to the recipient's copy: secure, clear, hold (all of the message waits in Postfix's hold "
    "queue, and its sender is told) or reject (at once, when every recipient outside is). Beside one of them, or "
    'alone: notify-sender and bcc; several as a list, such as ["secure", "notify-sender"]. A rule with none of the '
    "first four decides nothing: what it notifies happens, and the rules below it are looked at.",
    "notify": 'Who gets a notice when the rule decides: addresses of our own, and "sender", which is the same as '
    "notify-sender. A notice names sender, recipients, rule and outcome, never subject, text or what was found.",
    "bcc": "Addresses that get a blind copy of the message when the rule decides. One of our own gets it in clear, one "
    "outside is judged as any recipient is, and gets it securely when any recipient does.",
    "veto": "true: the rule is obeyed even when a `clear` rule above it holds, so that a sender's wish for clear text "
    'ends here. "notify-sender": likewise, and a sender whose wish was not granted is told.',
}
MATCHES = {
    "first": "the first rule that holds decides",
    "strongest": "of all rules that hold, the one with the strongest action decides: reject, hold, secure, clear",
}
_STRENGTH = (Action.CLEAR, Action.SECURE, Action.HOLD, Action.REJECT)
_NOTIFY_SENDER, _BCC = "notify-sender", "bcc"

Fail = Callable[[str, str], NoReturn]
"""Raises the error of a policy file: `fail(sentence, key)`."""


@dataclass(frozen=True)
class Rule:
    """One `[[rules]]`; `then` is `None` when the rule decides nothing and only has its `effect`."""

    name: str
    when: Expression | None
    unless: Expression | None
    then: Action | None
    to: Callable[[str], bool] | None = None
    hours: Hours | None = None
    effect: Effect | None = None
    veto: bool = False
    tells_vetoed: bool = False
    """True when a sender whose wish for clear text this rule did not grant is told."""
    says_then: bool = True
    """False when it has no `then` at all."""
    at: str = ""
    """FILE:LINE of it."""

    @property
    def names(self) -> frozenset[str]:
        """The tests that the rule's `when` rests on."""
        return self.when.names if self.when else frozenset()

    @property
    def always(self) -> bool:
        """Whether the rule holds for everybody, whatever is in the message."""
        return self.when is None and self.unless is None and self.to is None and self.hours is None

    def holds(self, known: Callable[[str], bool], recipient: str, moment: datetime) -> bool:
        """Tell whether the rule holds for `recipient` at `moment`, given which tests do."""
        if self.to is not None and not self.to(recipient):
            return False
        if self.hours is not None and not self.hours.holds(moment):
            return False
        return (self.when is None or self.when(known)) and not (self.unless is not None and self.unless(known))


def decide(rules: Sequence[Rule], match: str, holds: Callable[[Rule], bool]) -> Decision:
    """Return the decision for one recipient; `match` is one of `MATCHES`. No rule asked is asked without need."""
    return _strongest(rules, holds) if match == "strongest" else _first(rules, holds)


def _first(rules: Sequence[Rule], holds: Callable[[Rule], bool]) -> Decision:
    passed: list[Rule] = []
    for place, rule in enumerate(rules):
        if not holds(rule):
            continue
        if rule.then is not None:
            rest = rules[place + 1 :]
            vetoes = (later for later in rest if later.veto and holds(later)) if rule.then is Action.CLEAR else iter(())
            veto = next(vetoes, None)
            if veto is None:
                return _decision(rule, passed, (later for later in rest if holds(later)), None)
            return _decision(veto, passed, (later for later in rest if later is not veto and holds(later)), rule)
        passed.append(rule)
    return Decision(Action.CLEAR, effects=_effects(passed))


def _strongest(rules: Sequence[Rule], holds: Callable[[Rule], bool]) -> Decision:
    held = [rule for rule in rules if holds(rule)]
    deciding = [rule for rule in held if rule.then is not None]
    if not deciding:
        return Decision(Action.CLEAR, effects=_effects(held))
    decisive = max(deciding, key=_strength)
    others = [rule for rule in held if rule is not decisive]
    wish = next((rule for rule in deciding if rule.then is Action.CLEAR and decisive.veto), None)
    softer = sorted((rule for rule in deciding if rule is not decisive), key=_strength, reverse=True)
    return _decision(decisive, others, softer, wish)


def _strength(rule: Rule) -> int:
    return _STRENGTH.index(rule.then) if rule.then else 0


def _decision(rule: Rule, others: Sequence[Rule], rest: Iterable[Rule], overruled: Rule | None) -> Decision:
    assert rule.then is not None
    released = Action.CLEAR
    if rule.then is Action.HOLD:
        # An admin who releases has looked at it: only whether it goes securely is left to say.
        released = next((later.then for later in rest if later.then in (Action.SECURE, Action.CLEAR)), Action.CLEAR)
    effects = _effects([*others, rule])
    told = any(effect.tell_sender for effect in effects if effect.rule == rule.name)
    if not told and (rule.then is Action.HOLD or (overruled and rule.tells_vetoed)):
        effects = (*effects, Effect(rule.name, tell_sender=True))
    return Decision(rule.then, rule.name, released or Action.CLEAR, overruled.name if overruled else None, effects)


def _effects(rules: Iterable[Rule]) -> tuple[Effect, ...]:
    return tuple(rule.effect for rule in rules if rule.effect)


def copies(
    decisions: Mapping[str, Decision], internal: Callable[[str], bool], judge: Callable[[str], Decision]
) -> dict[str, Decision]:
    """Return what happens to the blind copies that `decisions` ask for, by address.

    One of our own is clear; one outside is judged as any recipient is, and is secure when any recipient's copy is.
    """
    wanted = dict.fromkeys(who for decision in decisions.values() for effect in decision.effects for who in effect.bcc)
    secret = any(decision.route is Action.SECURE for decision in decisions.values())
    found = {}
    for who in wanted:
        decision = Decision(Action.CLEAR) if internal(who) else judge(who)
        if secret and not internal(who) and decision.route is Action.CLEAR:
            held = decision.action is Action.HOLD
            decision = replace(decision, action=Action.HOLD if held else Action.SECURE, released=Action.SECURE)
        found[who] = decision
    return found


def build(table: Mapping[str, Any], tests: Iterable[str], folder: Path, internal: frozenset[str], fail: Fail) -> Rule:
    """Return the rule that a checked `[[rules]]` table describes; only its keys are known to be right.

    `tests` are the names that its expressions may use, `internal` our domains. Every mistake goes to `fail`.
    """
    if not isinstance(table.get("name"), str) or not table["name"]:
        fail(f"a rule wants `name`: {RULE_KEYS['name']}", "name")
    action, effect = _then(table, internal, folder, fail)
    veto = table.get("veto", False)
    if veto not in (True, False, _NOTIFY_SENDER):
        fail(f'veto must be true, false or "notify-sender", not {veto!r}', "veto")
    if veto and action in (None, Action.CLEAR):
        fail("veto makes no sense with a rule that does not secure, hold or reject; remove it", "veto")
    when, unless = (_expression(table, key, set(tests), fail) for key in ("when", "unless"))
    try:
        to = addresses(table["to"], folder) if "to" in table else None
    except ConditionError as error:
        fail(f"to {error}", "to")
    try:
        window = hours(table["hours"], folder) if "hours" in table else None
    except ConditionError as error:
        fail(f"hours {error}", "hours")
    tells = veto == _NOTIFY_SENDER
    return Rule(table["name"], when, unless, action, to, window, effect, bool(veto), tells, "then" in table)


def _then(
    table: Mapping[str, Any], internal: frozenset[str], folder: Path, fail: Fail
) -> tuple[Action | None, Effect | None]:
    given = table.get("then", [])
    words = [given] if isinstance(given, str) else given
    known = (*(action.value for action in Action), _NOTIFY_SENDER, _BCC)
    if not isinstance(words, list) or not set(map(str, words)) <= set(known):
        fail(f"then must be one or a list of {', '.join(known)}, not {given!r}", "then")
    actions = [Action(word) for word in words if word not in (_NOTIFY_SENDER, _BCC)]
    if len(actions) > 1:
        fail(f"then can say only one of {', '.join(action.value for action in actions)}; make two rules", "then")
    told, copies = (_people(table, key, folder, fail) for key in ("notify", "bcc"))
    if _BCC in words and not copies:
        fail('then says bcc but names nobody; add the line bcc = ["archive@example.com"]', "then")
    outside = [who for who in told if who != "sender" and internal and domain_of(who) not in internal]
    if outside:
        fail(f"notify wants addresses in our own domains; {outside[0]} is outside, reached in clear", "notify")
    tell_sender = _NOTIFY_SENDER in words or "sender" in told
    effect = Effect(table["name"], tell_sender, tuple(who for who in told if who != "sender"), tuple(copies))
    if not words and not effect.any:
        fail(f"a rule wants `then`: {RULE_KEYS['then']}", "then")
    return (actions[0] if actions else None), (effect if effect.any else None)


def _people(table: Mapping[str, Any], key: str, folder: Path, fail: Fail) -> list[str]:
    if key not in table:
        return []
    try:
        found = list(dict.fromkeys(entry.strip() for entry in strings(table[key], folder)))
    except ConditionError as error:
        fail(f"{key} {error}", key)
    for who in found:
        plain = who.isprintable() and not set(who) & set('<>"(),;:%! \\')
        if not (key == "notify" and who == "sender") and not (plain and domain_of(who) and not who.startswith("@")):
            fail(f"{key} wants whole addresses such as security@example.com, not {who!r}", key)
    return found


def _expression(table: Mapping[str, Any], key: str, tests: set[str], fail: Fail) -> Expression | None:
    if key not in table:
        return None
    try:
        parsed = expression.parse(table[key] if isinstance(table[key], str) else "")
    except ExpressionError as error:
        fail(f"{key}: {error}", key)
    for name in sorted(parsed.names - tests):
        fail(f"{key} names the test {name!r}, which is not there{like(name, tests)}", key)
    return parsed
