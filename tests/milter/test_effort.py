"""The work that one message may make, counted in steps and by a clock that the test holds."""

import random
import re

import pytest

from sealgate_milter import effort, search
from sealgate_milter.classify import classify
from sealgate_milter.detectors import passwords, payment_card, us_ssn
from sealgate_milter.effort import EVERY, Effort, Spent
from sealgate_milter.message import from_bytes
from sealgate_milter.policy import load_policy
from sealgate_milter.reading import Text
from sealgate_milter.search import Search
from sealgate_milter.verdict import Action, Unreadable

LINES = {
    "one digit": b"1\n" * 50_000,
    "any digit": b"\n".join(b"%d" % random.Random(1).randrange(10) for _ in range(50_000)),
    "four digits": b"4111\n" * 20_000,
    "paragraphs": b"1\n\n" * 30_000,
    "quoted": b"123\n> " * 20_000,
    "ids": b"411111\n" * 20_000,
    "a row": b"4111-" * 20_000,
}


class Clock:
    """Goes on by a second each time it is asked."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += 1
        return self.now


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
@pytest.mark.parametrize("detector", [payment_card, us_ssn])
def test_lines_of_few_digits_cost_a_few_steps_not_one_each(detector, text):
    work = Effort(1e9)
    with effort.limited(work):
        assert not list(detector.find(text))
    assert work.steps < 100


NUMBERS = (
    b"123-45-6789", b"123-45-\n6789", b"SSN 123456789", b"4111 1111 1111 1111", b"4111-1111-\n1111-1111",
    b"4111111111111111", b"411111111111\n1111", b"4111 1111\n1111 1111", b"x", b"card", b"1.", b"",
    b"411111\n1111111111", b"41111111\n11111111", b"4111." * 7, b"4111-" * 9 + b"1111",
    b"1111/" * 8 + b"1111 4111 1111 1111 1111",
)  # fmt: skip
BREAKS = (b"\n", b"\n", b"\n", b"\n", b"\n> ", b"\n\n", b" ", b"-")


@pytest.mark.parametrize("detector", [payment_card, us_ssn])
def test_lines_that_are_passed_over_hold_no_number(detector, monkeypatch):
    """What is found among lines of digits is what is found without passing over any."""
    chance = random.Random(2)
    texts = []
    for _ in range(3000):
        longest = chance.choice((4, 7, 13))
        pieces = [b"%d" % chance.randrange(10 ** chance.randrange(1, longest)) for _ in range(14)]
        pieces[chance.randrange(14)] = chance.choice(NUMBERS)
        pieces[chance.randrange(14)] = chance.choice(NUMBERS)
        texts.append(b"".join(piece + chance.choice(BREAKS) for piece in pieces))
    quick = [list(detector.find(text)) for text in texts]
    for name in ("_SHORT_LINES", "_COLUMN", "_ROW") if detector is payment_card else ("_SHORT_LINES",):
        monkeypatch.setattr(detector, name, re.compile(rb"[^\0-\xff]"))
    assert quick == [list(detector.find(text)) for text in texts]
    assert sum(map(bool, quick)) > 100


def test_a_search_stops_when_its_time_is_over():
    clock = Clock()
    with effort.limited(Effort(3, clock)), pytest.raises(Spent):
        list(passwords.find(b"password " * 2 * EVERY * 3))
    assert clock.now == 5


@pytest.mark.parametrize(("detector", "text"), [
    (passwords, b"password "), (payment_card, b"card 4\n"), (payment_card, b"4111 1111\n"), (us_ssn, b"ssn 12 34\n"),
])  # fmt: skip
def test_long_loops_count_a_step_for_each_place_they_look_at(detector, text):
    work = Effort(1e9)
    with effort.limited(work):
        list(detector.find(text * 500))
    assert work.steps >= 500


def test_a_busy_machine_does_not_make_a_search_late():
    """The processor's time is far from over when the real one is."""
    with effort.limited(Effort(1e9, Clock(), Clock())), pytest.raises(Spent):
        list(passwords.find(b"password " * EVERY * 2 * int(effort.LATEST)))


def test_without_a_limit_there_is_none():
    with effort.limited(Effort(-1)):
        pass
    for _ in range(EVERY):
        effort.step()


TESTS = """
internal = ["corp.test"]
[tests.word]
regex = "marker"
[tests.loan]
lexicon = "financial-terms"
score = 2
[tests.account]
detector = "us-bank-account"
[tests.loan-of-account]
near = ["account", "loan"]
within = 300
[[rules]]
name = "unreadable"
when = "broken"
then = "hold"
[[rules]]
name = "near"
when = "loan-of-account or word"
then = "secure"
[tests.broken]
unreadable = true
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    path = tmp_path_factory.mktemp("policy") / "policy.toml"
    path.write_text(TESTS)
    return load_policy(path)


def verdict(body: bytes, policy):
    header = b"Content-Type: text/plain\r\n\r\n"
    return classify(from_bytes(header + body, "a@corp.test", ("b@x.example",)), policy, lambda ids: False)


LOAN = b"x " * 400 + b"\nPlease wire the loan to account number 000123456789, interest rate 3%.\n"


def test_words_far_down_a_long_file_are_near_a_number_there(policy):
    before = b"interest rate and loan balance.\n" * 2000
    assert verdict(before + LOAN, policy).recipients["b@x.example"].rule == "near"
    assert verdict(LOAN, policy).recipients["b@x.example"].rule == "near"
    assert verdict(before, policy).recipients["b@x.example"].action is Action.CLEAR


def test_a_search_of_more_matches_than_can_be_kept_is_not_called_complete(policy, monkeypatch):
    monkeypatch.setattr(search, "MAX_MATCHES", 500)
    found = verdict(LOAN + b"interest rate and loan balance.\n" * 300, policy)
    assert found.unreadable == (Unreadable("1", "too-large"),)
    assert found.recipients["b@x.example"].rule == "unreadable"


def test_a_search_that_takes_too_long_is_not_called_complete(policy, monkeypatch):
    """Short texts come first; the rules are asked again with what is now known."""
    refused = []
    texts = [Text("body", "1", b"marker " * EVERY * 20), Text("body", "2", b"the marker")]
    one = Search(texts, policy, lambda *given: refused.append(given), Effort(4, Clock()))
    assert refused == [("1", "timeout")]
    assert [finding.part for finding in one.findings()] == ["1", "2"]
    assert one.holds("word")
    for seconds in (-1, 1):
        monkeypatch.setattr(effort, "Effort", lambda seconds=seconds: Effort(seconds, Clock()))
        late = verdict(LOAN, policy)
        assert late.recipients["b@x.example"].rule == "unreadable"
        assert [refused.reason for refused in late.unreadable] == ["timeout"]


def test_a_number_said_a_thousand_times_hides_no_others(tmp_path):
    path = tmp_path / "policy.toml"
    test = '[tests.many]\ndetector = "us-ssn"\nat_least = 3\n'
    path.write_text(test + '[[rules]]\nname = "r"\nwhen = "many"\nthen = "hold"\n')
    text = b"123-45-6789\n" * 3000 + b"219-09-9999\n078-05-1120\n"
    assert Search([Text("body", "1", text)], load_policy(path)).holds("many")
