"""Look for every text test of a policy in the texts of one message: matches, counts, nearness, evidence.

Each detector or pattern goes over a text once, whichever tests use it, and only where the gate lets it. What has no
gate (lexicons) is looked for when a rule asks. A search that takes too long stops, and says in which part it did.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sealgate_milter import effort
from sealgate_milter.conditions import NearTest
from sealgate_milter.detectors.match import Match
from sealgate_milter.footers import scoped
from sealgate_milter.policy import Finder, NamedTest, Policy
from sealgate_milter.reading import Text
from sealgate_milter.verdict import Finding
from sealgate_milter.who_writes import WhoWrites

MAX_MATCHES = 200_000
"""Matches that are kept of one message, some 40 MB; beyond, a search stops."""
SHOWN = 1000
"""Matches of one detector or pattern in one text that are shown, and are enough where only their number counts."""


@dataclass
class _Found:
    """What one test has found: in all, and by the place of the text."""

    values: dict[bytes, int] = field(default_factory=dict)
    texts: dict[int, list[Match]] = field(default_factory=dict)


class Search:
    """The text tests of `policy` on `texts`; `refuse(part, reason)` is told of a part that is not searched to its end.

    That happens when all the work exceeds `work`, or more matches are found than can be kept.
    """

    def __init__(
        self,
        texts: Sequence[Text],
        policy: Policy,
        refuse: Callable[[str, str], None] = lambda part, reason: None,
        work: effort.Effort | None = None,
    ) -> None:
        self._texts = texts
        self._policy = policy
        self._found: dict[str, _Found] = {name: _Found() for name in policy.tests}
        self._findings: list[Finding] = []
        self._asked: set[str] = set()
        self._true: set[str] = set()
        self._refuse = refuse
        self._work = work or effort.Effort()
        self._stopped = False
        self._left = MAX_MATCHES
        nears = (test.test.names for test in policy.tests.values() if isinstance(test.test, NearTest))
        within = (name for name, test in policy.tests.items() if test.within is not None)
        self._placed = frozenset(within).union(*nears)
        # Short texts first: what people write is searched even when a file of theirs takes too long.
        self._order = sorted(range(len(texts)), key=lambda place: len(texts[place].octets))
        for place in self._order:
            for name in policy.gate.open(texts[place].octets):
                self._look(policy.finders[name], place)

    def holds(self, name: str) -> bool:
        """Tell whether the test of this name, a text test or a near test, is true of the message."""
        if name in self._true:
            return True
        test = self._policy.tests[name]
        if isinstance(test.test, NearTest):
            true = self._near(test, test.test)
            self._true.update(test.test.names if true else ())
        else:
            true = self._enough(test)
        self._true.update((name,) if true else ())
        return true

    def _enough(self, test: NamedTest) -> bool:
        self._ungated(test.name)
        found = self._found[test.name]
        if test.within is None:
            return enough(test, found.values)
        return any(first_window([(test, matches)], test.within) is not None for matches in found.texts.values())

    def findings(self) -> list[Finding]:
        """Return the evidence so far, in the order of the texts; a few words of a lexicon by themselves are none."""
        ungated = self._policy.ungated.keys() - self._true
        return sorted((one for one in self._findings if one.test not in ungated), key=lambda one: one.text)

    def reached(self, name: str, near: NamedTest | None = None) -> tuple[int, int]:
        """Return how many different matches a text test has and what they weigh, at the place where it weighs most.

        A place is as long as the test wants its matches to lie within, or `near`, a near test that names it; without
        either it is all of the message. This is for people: no rule asks for it.
        """
        self._ungated(name)
        test, found = self._policy.tests[name], self._found[name]
        within = near.within if near else test.within
        if within is None:
            return sum(weight > 0 for weight in found.values.values()), sum(found.values.values())
        subject = self._in_subject(name) if near and "subject" in near.scope else []
        scope = near.scope if near else test.scope
        places = [matches for place, matches in found.texts.items() if self._texts[place].scope in scope]
        return max((_most(test, matches, within, subject) for matches in places), default=(0, 0))[::-1]

    def _ungated(self, name: str) -> None:
        """Look for what of this test has no gate, once."""
        for key in self._policy.ungated.get(name, ()):
            if key not in self._asked:
                self._asked.add(key)
                for place in self._order:
                    self._look(self._policy.finders[key], place)

    def _look(self, finder: Finder, place: int) -> None:
        text = self._texts[place]
        scopes = {"body", "footer"} if text.scope == "body" else {text.scope}
        tests = [test for test in finder.tests if scopes & test.scope]
        if not tests or self._stopped:
            return
        matches: list[Match] = []
        weighed: list[Match] = []
        try:
            self._collect(finder, text, tests, matches)
            weighed = self._weighed(finder, text, matches)
        except effort.Spent:
            self._stop(text.part, "timeout")
            weighed = matches
        for test in tests:
            counted = scoped(text, test.scope, matches if test.score is None else weighed)
            if not counted:
                continue
            found = self._found[test.name]
            found.values.update((match.value, match.weight) for match in counted)
            found.texts.setdefault(place, []).extend(counted)
            self._findings.append(_finding(test.name, finder.detector, text, place, counted))

    def _collect(self, finder: Finder, text: Text, tests: Sequence[NamedTest], matches: list[Match]) -> None:
        """Append what the finder finds to `matches`; raise `Spent` when that takes too long.

        Where no test asks how near matches lie or what they weigh, it is done when there are enough.
        """
        counted = all(test.name not in self._placed and test.score is None for test in tests)
        wanted = max(test.at_least for test in tests)
        with effort.limited(self._work):
            self._work.check()
            for match in finder.find(text.octets):
                self._work.step()
                matches.append(match)
                if len(matches) >= self._left:
                    self._stop(text.part, "too-large")
                    break
                if counted and len(matches) % SHOWN == 0 and len({match.value for match in matches}) >= wanted:
                    break
            self._work.check()
        self._left -= len(matches)

    def _weighed(self, finder: Finder, text: Text, matches: list[Match]) -> list[Match]:
        """Return the matches that weigh in a score: of a lexicon, those that do not only say who writes."""
        if finder.detector != "lexicon":
            return matches
        who, weighed = WhoWrites(text.octets, text.scope), []
        for match in matches:
            self._work.step()
            if not who.covers(match):
                weighed.append(match)
        return weighed

    def _stop(self, part: str, reason: str) -> None:
        self._stopped = True
        self._refuse(part, reason)

    def _near(self, test: NamedTest, near: NearTest) -> bool:
        """Tell whether all the tests named hold within the same stretch of one text; the place is evidence.

        What the subject says is said about all of the message, so it stands near everything.
        """
        tests = [self._policy.tests[name] for name in near.names]
        if any(not self._found_any(named.name) for named in tests):
            return False
        everywhere = [self._in_subject(named.name) if "subject" in test.scope else [] for named in tests]
        for place, text in enumerate(self._texts):
            groups = [(named, self._found[named.name].texts.get(place, [])) for named in tests]
            possible = all(matches or more for (_, matches), more in zip(groups, everywhere, strict=True))
            if text.scope in test.scope and possible and any(matches for _, matches in groups):
                start = first_window(groups, test.within or 0, everywhere)
                if start is not None:
                    self._findings.append(_finding(test.name, "near", text, place, [Match(start, start, b"")]))
                    return True
        return False

    def _in_subject(self, name: str) -> list[Match]:
        texts = self._found[name].texts.items()
        return [match for place, matches in texts if self._texts[place].scope == "subject" for match in matches]

    def _found_any(self, name: str) -> bool:
        self._ungated(name)
        return bool(self._found[name].texts)


def enough(test: NamedTest, values: dict[bytes, int]) -> bool:
    """Tell whether these different values with their weights are as many, and weigh as much, as the test wants."""
    return (
        sum(weight > 0 for weight in values.values()) >= test.at_least
        and (test.score is None or sum(values.values()) >= test.score)
    )  # fmt: skip


class _Tally:
    """What of one test lies in a window that moves: its values, how many, how much they weigh."""

    def __init__(self, test: NamedTest) -> None:
        self._test = test
        self._counts: Counter[bytes] = Counter()
        self.different = 0
        self.weight = 0

    def add(self, match: Match, step: int) -> None:
        """Take a match in (`step` 1) or leave it behind (-1)."""
        before = self._counts[match.value]
        self._counts[match.value] = before + step
        if (before == 0) != (before + step == 0):
            self.different += step * (match.weight > 0)
            self.weight += step * match.weight

    def enough(self) -> bool:
        return self.different >= self._test.at_least and (
            self._test.score is None or self.weight >= self._test.score
        )


def first_window(
    groups: Sequence[tuple[NamedTest, list[Match]]], within: int, everywhere: Sequence[Sequence[Match]] = ()
) -> int | None:
    """Return where the first stretch of `within` octets begins in which every test has enough matches, or `None`.

    `everywhere` are further matches of each test that count in every stretch.
    """
    tallies = [_Tally(test) for test, _ in groups]
    for tally, matches in zip(tallies, everywhere, strict=False):
        for match in matches:
            tally.add(match, 1)
    events: list[tuple[int, int, int, Match]] = []
    for number, (_, matches) in enumerate(groups):
        events += ((match.start, match.end, number, match) for match in matches)
    events.sort()
    first = 0
    for last, (_, end, number, match) in enumerate(events):
        tallies[number].add(match, 1)
        while end - events[first][0] > within and first < last:
            tallies[events[first][2]].add(events[first][3], -1)
            first += 1
        if all(tally.enough() for tally in tallies):
            return events[first][0]
    return None


def _most(test: NamedTest, matches: list[Match], within: int, everywhere: Sequence[Match]) -> tuple[int, int]:
    """Return weight and number of the different matches in the stretch of `within` octets where they weigh most."""
    tally = _Tally(test)
    for match in everywhere:
        tally.add(match, 1)
    ordered, first, best = sorted(matches, key=lambda match: (match.start, match.end)), 0, (0, 0)
    for match in ordered:
        tally.add(match, 1)
        while match.end - ordered[first].start > within and ordered[first] is not match:
            tally.add(ordered[first], -1)
            first += 1
        best = max(best, (tally.weight, tally.different))
    return best


def _finding(name: str, detector: str, text: Text, place: int, matches: list[Match]) -> Finding:
    first = matches[0]
    offset = len(text.octets[: first.start].decode("utf-8", "replace"))
    sample = masked(text.octets[first.start : first.end].decode("utf-8", "replace"))
    spans = tuple((match.start, match.end) for match in matches[:SHOWN] if match.end > match.start)
    count = len({match.value for match in matches})
    return Finding(name, detector, count, text.part, offset, sample, place, spans)


def masked(sample: str) -> str:
    """Return `sample` with all but its first and last two characters hidden, at most 40 long, on one line."""
    flat = " ".join(sample.split())[:40]
    edge = 2 if len(flat) > 6 else 1
    hidden = "".join("*" if char.isalnum() else char for char in flat[edge:-edge])
    return flat[:edge] + hidden + flat[-edge:] if len(flat) > 2 else "*" * len(flat)
