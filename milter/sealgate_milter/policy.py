"""The policy file: named tests, then ordered rules. Declared here, loaded here, documented from the declarations.

Every error names file and line and says what to write instead.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from sealgate_core.address import domain_of
from sealgate_core.parameters import ParameterError, like
from sealgate_milter import rules
from sealgate_milter.conditions import CONDITIONS, SCOPES, FactTest, NearTest, Test, TextTest
from sealgate_milter.detectors.match import Match
from sealgate_milter.entries import never_ours
from sealgate_milter.gate import Gate
from sealgate_milter.matching import ConditionError
from sealgate_milter.policy_file import PolicyError, locate, read
from sealgate_milter.registered.registry import NOTHING, Registered
from sealgate_milter.rules import RULE_KEYS, Rule

TOP_KEYS = {
    "internal": "Our own domains, a list; those recipients stay clear. Left out: as gateway.toml or Postfix say.",
    "mode": '`"enforce"` (the default), or `"observe"`: verdicts are logged and nothing is changed.',
    "match": "Which rule decides about a recipient when several hold. "
    + "; ".join(f'`"{name}"`: {text}' for name, text in rules.MATCHES.items())
    + '. Left out: `"first"`.',
    "tests": "Tables `[tests.NAME]`, one a test.",
    "rules": "Tables `[[rules]]` in order. A recipient whom no rule decides about gets the message in clear.",
}
OPTION_KEYS = {
    "at_least": "How many different matches it takes, 1 when left out.",
    "score": "How much the different matches must weigh together; each weighs 1, a lexicon's terms what it says.",
    "within": "The matches that count lie within this many characters of each other; left out, anywhere.",
    "scope": f"List of where to look: {', '.join(SCOPES)}; everywhere when left out. "
    "`footer` is the legal notices and company data within a body; left out of a list, nothing in them counts.",
}
_TAKES = {FactTest: (), NearTest: ("within", "scope")}
"""The option keys that fit a kind of test; all of them fit the others."""
MODES = ("enforce", "observe")

__all__ = ["Finder", "NamedTest", "Policy", "PolicyError", "load_policy"]


@dataclass(frozen=True)
class NamedTest:
    """One `[tests.NAME]`: its condition and how much of it must be found where."""

    name: str
    key: str
    test: Test
    at_least: int = 1
    score: int | None = None
    within: int | None = None
    scope: frozenset[str] = frozenset(SCOPES)
    at: str = ""
    """FILE:LINE of its condition."""


@dataclass(frozen=True)
class Finder:
    """A detector or pattern, and the tests on whose behalf it looks through texts."""

    detector: str
    find: Callable[[bytes], Iterator[Match]]
    tests: tuple[NamedTest, ...]


@dataclass(frozen=True)
class Policy:
    """A policy ready for use.

    `internal` are the domains that are ours, `finders` what looks through texts, by the name that `gate` opens it by;
    `ungated` names, for a test, those of its finders that have no gate.
    """

    internal: frozenset[str]
    mode: str
    tests: Mapping[str, NamedTest]
    rules: tuple[Rule, ...]
    gate: Gate
    finders: Mapping[str, Finder]
    ungated: Mapping[str, tuple[str, ...]]
    match: str = "first"
    registered: Registered = NOTHING

    def knowing(self, registered: Registered) -> "Policy":
        """Return the policy with what fingerprints and exact data rest on.

        Raises `ParameterError` when that cannot serve one of its tests.
        """
        for sentence in self.unready(registered):
            raise ParameterError(sentence)
        return replace(self, registered=registered)

    def unready(self, registered: Registered) -> Iterator[str]:
        """Yield for each test that cannot be judged by what is registered why not."""
        for test in self.tests.values():
            if isinstance(test.test, FactTest) and test.test.ready is not None:
                try:
                    test.test.ready(registered)
                except ParameterError as error:
                    yield f"{test.at}: the test {test.name!r} cannot be judged: {error}"

    @property
    def asks_time(self) -> bool:
        """Whether it matters when a message is judged."""
        return any(rule.hours for rule in self.rules) or any(self.tests[name].key == "hours" for name in self.used())

    def used(self) -> frozenset[str]:
        """Return the names of the tests that rules rest on, directly or through a near test."""
        expressions = [given for rule in self.rules for given in (rule.when, rule.unless) if given is not None]
        named = {name for expression in expressions for name in expression.names}
        nears = [self.tests[name].test for name in named]
        return frozenset(named.union(*(test.names for test in nears if isinstance(test, NearTest))))


def load_policy(path: Path, internal: Iterable[str] | None = None) -> Policy:
    """Return the policy in the TOML file at `path`; `internal` serves when the file does not name its own.

    Raises `PolicyError`.
    """
    source, given = read(path)
    return _Loader(path, source).load(given, internal)


class _Loader:
    """Checks and builds one policy, with the source at hand for line numbers."""

    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._source = source

    def load(self, given: dict[str, Any], internal: Iterable[str] | None) -> Policy:
        self._known(given, TOP_KEYS, "", -1)
        mode = given.get("mode", "enforce")
        if mode not in MODES:
            self._fail(f'mode must be "enforce" or "observe", not {mode!r}', "", -1, "mode")
        match = given.get("match", "first")
        if match not in rules.MATCHES:
            self._fail(f'match must be "first" or "strongest", not {match!r}', "", -1, "match")
        domains = given.get("internal", list(internal or ()))
        if not isinstance(domains, list) or not all(isinstance(domain, str) for domain in domains):
            self._fail('internal must be a list of domains such as ["example.com"]', "", -1, "internal")
        for domain in domains if "internal" in given else ():
            if wrong := never_ours(domain):
                self._fail(f"internal {wrong}", "", -1, "internal")
        tests = {name: self._test(name, table) for name, table in self._table(given, "tests", dict).items()}
        for test in tests.values():
            self._named(test, tests)
        ours = frozenset(domain_of("@" + domain.strip().removeprefix("@")) for domain in domains) - {""}
        ordered = self._rules(self._table(given, "rules", list), tests, ours)
        finders, gates, ungated = _finders(tests)
        try:
            gate = Gate(gates)
        except ValueError as error:
            raise PolicyError(f"{self._path}: its patterns are too large together ({error}); shorten lists") from error
        return Policy(ours, mode, tests, ordered, gate, finders, ungated, match)

    def _table(self, given: dict[str, Any], key: str, kind: type) -> Any:  # noqa: ANN401  a dict or a list, as asked
        found = given.get(key, kind())
        if key == "rules" and isinstance(found, dict):
            self._fail("rules must be tables in order; write [[rules]], in two brackets, above each", "", -1, key)
        if not isinstance(found, kind):
            self._fail(f"{key} must be written as {TOP_KEYS[key]}", "", -1, key)
        return found

    def _test(self, name: str, table: object) -> NamedTest:
        place = f"tests.{name}"
        if not re.fullmatch(r"[\w.-]+", name) or name.lower() in ("and", "or", "not"):
            self._fail(f"{name!r} is no test name; use letters, digits and -", place, -1, "")
        if not isinstance(table, dict):
            self._fail(f"{place} must be a table; write [tests.{name}] and its condition below", place, -1, name)
        self._known(table, {**dict.fromkeys(CONDITIONS, ""), **OPTION_KEYS}, place, -1)
        keys = [key for key in table if key in CONDITIONS]
        if len(keys) != 1:
            said = f"has {' and '.join(keys)}" if keys else "has none"
            self._fail(f"[{place}] must have exactly one of {', '.join(CONDITIONS)}; it {said}", place, -1, "")
        try:
            test = CONDITIONS[keys[0]].build(table[keys[0]], self._path.parent)
        except ConditionError as error:
            self._fail(f"{keys[0]} {error}", place, -1, keys[0])
        at = f"{self._path}:{locate(self._source, place, -1, keys[0])}"
        return self._limited(NamedTest(name, keys[0], test, at=at), table, place)

    def _named(self, test: NamedTest, tests: Mapping[str, NamedTest]) -> None:
        """Check what a near test rests on."""
        for name in test.test.names if isinstance(test.test, NearTest) else ():
            place = f"tests.{test.name}"
            if name not in tests:
                self._fail(f"near names the test {name!r}, which is not there{like(name, tests)}", place, -1, "near")
            if not isinstance(tests[name].test, TextTest):
                self._fail(f"near wants tests on texts, and {name!r} ({tests[name].key}) is none", place, -1, "near")

    def _limited(self, test: NamedTest, table: dict[str, Any], place: str) -> NamedTest:
        takes = _TAKES.get(type(test.test), tuple(OPTION_KEYS))
        for key in OPTION_KEYS:
            if key in table and key not in takes:
                self._fail(f"{key} makes no sense with {test.key}; remove it", place, -1, key)
        if isinstance(test.test, NearTest) and "within" not in table:
            self._fail("near wants within, the characters between its matches; add `within = 300`", place, -1, "near")
        counts = {}
        for key in ("at_least", "within", "score"):
            value = table.get(key, 1)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                self._fail(f"{key} must be a whole number from 1 up, not {value!r}", place, -1, key)
            counts[key] = value
        scope = table.get("scope", list(SCOPES))
        if not isinstance(scope, list) or not scope or not set(map(str, scope)) <= set(SCOPES):
            self._fail(f'scope must be a list of {", ".join(SCOPES)}, such as ["body"]', place, -1, "scope")
        score, within = (counts[key] if key in table else None for key in ("score", "within"))
        return replace(test, at_least=counts["at_least"], score=score, within=within, scope=frozenset(scope))

    def _rule(self, index: int, table: object, tests: Mapping[str, NamedTest], ours: frozenset[str]) -> Rule:
        if not isinstance(table, dict):
            self._fail("rules must be tables; write [[rules]] above each", "rules", index, "")
        self._known(table, RULE_KEYS, "rules", index)

        def fail(sentence: str, key: str) -> NoReturn:
            self._fail(sentence, "rules", index, key)

        rule = rules.build(table, tests, self._path.parent, ours, fail)
        return replace(rule, at=f"{self._path}:{locate(self._source, 'rules', index, '')}")

    def _rules(self, tables: list[object], tests: Mapping[str, NamedTest], ours: frozenset[str]) -> tuple[Rule, ...]:
        seen: set[str] = set()
        built = []
        for index, table in enumerate(tables):
            rule = self._rule(index, table, tests, ours)
            if rule.name in seen:
                self._fail(f"there is a rule {rule.name!r} above; give this one its own name", "rules", index, "name")
            seen.add(rule.name)
            built.append(rule)
        return tuple(built)

    def _known(self, table: dict[str, Any], keys: Mapping[str, str], place: str, index: int) -> None:
        for key in table:
            if key not in keys:
                known = ", ".join(keys)
                self._fail(f"unknown key {key!r}{like(key, keys)}; known ones are {known}", place, index, key)

    def _fail(self, sentence: str, place: str, index: int, key: str) -> NoReturn:
        raise PolicyError(f"{self._path}:{locate(self._source, place, index, key)}: {sentence}")


def _finders(tests: Mapping[str, NamedTest]) -> tuple[dict[str, Finder], dict[str, str], dict[str, tuple[str, ...]]]:
    """Return what looks through texts for these tests, each once; its gates, and what has none, by test."""
    users: dict[TextTest, list[NamedTest]] = {}
    for test in tests.values():
        if isinstance(test.test, TextTest):
            for part in (replace(test.test, more=()), *test.test.more):
                users.setdefault(part, []).append(test)
    finders: dict[str, Finder] = {}
    gates: dict[str, str] = {}
    ungated: dict[str, tuple[str, ...]] = {}
    for number, (part, named) in enumerate(users.items()):
        key = str(number)
        finders[key] = Finder(part.detector, part.find, tuple(dict.fromkeys(named)))
        if part.gate is not None:
            gates[key] = part.gate
        else:
            ungated.update({test.name: (*ungated.get(test.name, ()), key) for test in named})
    return finders, gates, ungated
