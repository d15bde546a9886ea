"""The work that one message may make, counted in steps and by a clock that the test holds."""

import random
import re

import pytest

from sealgate_milter import effort
from sealgate_milter.detectors import passwords, payment_card, us_ssn
from sealgate_milter.effort import EVERY, Effort, Spent

LINES = {
    "one digit": b"1\n" * 50_000,
    "any digit": b"\n".join(b"%d" % random.Random(1).randrange(10) for _ in range(50_000)),
    "four digits": b"4111\n" * 20_000,
    "paragraphs": b"1\n\n" * 30_000,
    "quoted": b"123\n> " * 20_000,
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
)  # fmt: skip
BREAKS = (b"\n", b"\n", b"\n> ", b"\n\n", b" ", b"-")


@pytest.mark.parametrize("detector", [payment_card, us_ssn])
def test_lines_that_are_passed_over_hold_no_number(detector, monkeypatch):
    """What is found among lines of digits is what is found without passing over any."""
    chance = random.Random(2)
    texts = []
    for _ in range(1500):
        pieces = [b"%d" % chance.randrange(10 ** chance.randrange(1, 7)) for _ in range(14)]
        pieces[chance.randrange(14)] = chance.choice(NUMBERS)
        pieces[chance.randrange(14)] = chance.choice(NUMBERS)
        texts.append(b"".join(piece + chance.choice(BREAKS) for piece in pieces))
    quick = [list(detector.find(text)) for text in texts]
    monkeypatch.setattr(detector, "_SHORT_LINES", re.compile(rb"[^\0-\xff]"))
    assert quick == [list(detector.find(text)) for text in texts]
    assert sum(map(bool, quick)) > 100


def test_a_search_stops_when_its_time_is_over():
    clock = Clock()
    with effort.limited(Effort(3, clock)), pytest.raises(Spent):
        list(passwords.find(b"password " * 2 * EVERY * 3))
    assert clock.now == 5


def test_without_a_limit_there_is_none():
    with effort.limited(Effort(-1)):
        pass
    for _ in range(EVERY):
        effort.step()
