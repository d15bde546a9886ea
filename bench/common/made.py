"""Messages made from templates for `bench/accuracy.py`: who, which number, what of health, in which form.

Vocabulary and templates stand in `corpus/made.toml` and are the bench's own, not the lexicons'.
"""

import random
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

TRAIN, TEST = "train", "test"
MONTHS = "January February March April May June July August September October November December"
_SOURCE = Path(__file__).resolve().parents[1] / "corpus/made.toml"
_MADE: dict[str, Any] = tomllib.loads(_SOURCE.read_text("utf-8"))


def _digits(choice: random.Random, count: int) -> str:
    return "".join(choice.choices("0123456789", k=count))


def ssn(choice: random.Random) -> str:
    """Return a social security number of valid structure."""
    area = choice.choice([n for n in range(100, 900) if n != 666])
    return f"{area}-{choice.randint(1, 99):02}-{choice.randint(1, 9999):04}"


def mbi(choice: random.Random) -> str:
    """Return a Medicare beneficiary identifier of valid structure."""
    letters, both = "ACDEFGHJKMNPQRTUVWXY", "ACDEFGHJKMNPQRTUVWXY0123456789"
    kinds = ["123456789", letters, both, "0123456789", letters, both, "0123456789", letters, letters, "0123456789"]
    made = "".join(choice.choice(kind) for kind in kinds) + choice.choice("0123456789")
    return f"{made[:4]}-{made[4:7]}-{made[7:]}" if choice.random() < 0.7 else made


def day(choice: random.Random) -> str:
    """Return a day of birth, written as one of many people would."""
    year, month, date = choice.randint(1930, 2018), choice.randint(1, 12), choice.randint(1, 28)
    name = MONTHS.split()[month - 1]
    return choice.choice([
        f"{month:02}/{date:02}/{year}", f"{month}/{date}/{year % 100:02}", f"{year}-{month:02}-{date:02}",
        f"{date:02}.{month:02}.{year}", f"{name} {date}, {year}", f"{date} {name[:3]} {year}", f"{month}-{date}-{year}",
    ])  # fmt: skip


def member(choice: random.Random) -> str:
    """Return a health plan's number for a member."""
    return choice.choice(["", "W", "XPL", "BCX"]) + _digits(choice, 9)


NUMBERS: dict[str, Callable[[random.Random], str]] = {
    "ssn": ssn,
    "mbi": mbi,
    "mrn": lambda choice: _digits(choice, choice.randint(6, 9)),
    "birth": day,
    "member": member,
}
"""How an identifier of each kind is made; `name` is the one kind besides."""


def _fillings(given: dict[str, Any], choice: random.Random) -> dict[str, str]:
    finding = choice.choice(given["findings"])
    return {
        "condition": choice.choice(given["conditions"]),
        "drug": choice.choice(given["drugs"]),
        "finding": finding,
        "finding_": finding[:1].upper() + finding[1:],
    }


def _person(given: dict[str, Any], choice: random.Random) -> str:
    return f"{choice.choice(given['given'])} {choice.choice(given['family'])}"


def clinical(split: str, count: int, seed: int) -> Iterator[str]:
    """Yield messages about somebody's health, each with one identifier; in one of six it is a name."""
    choice, given = random.Random(f"{split} clinical {seed}"), _MADE[split]
    for _ in range(count):
        who = _person(given, choice)
        kind = choice.choice(list(given["identifiers"]))
        shown = choice.choice(given["identifiers"][kind])
        identifier = shown.format(who if kind == "name" else NUMBERS[kind](choice))
        letter = choice.choice(given["letters"])
        yield letter.format(who="she" if kind == "name" else who, id=identifier, **_fillings(given, choice))


def nameless(split: str, count: int, seed: int) -> Iterator[str]:
    """Yield messages about health without any identifier."""
    choice, given = random.Random(f"{split} nameless {seed}"), _MADE[split]
    for _ in range(count):
        who = f"a {choice.randint(18, 90)}-year-old {choice.choice(['man', 'woman'])}"
        seen = f"seen on {choice.randint(1, 12)}/{choice.randint(1, 28)}/{choice.randint(2015, 2024)}"
        yield choice.choice(given["letters"]).format(who=who, id=seen, **_fillings(given, choice))


def business(split: str, count: int, seed: int) -> Iterator[str]:
    """Yield everyday business messages full of names, dates and numbers that are nobody's."""
    choice, given = random.Random(f"{split} business {seed}"), _MADE[split]
    for _ in range(count):
        numbers = {f"n{size}": _digits(choice, size).replace("0", "7", 1) for size in (3, 4, 6, 7, 8, 9, 12)}
        numbers["n1"] = str(choice.randint(2, 240))
        letter = choice.choice(given["business"])
        yield letter.format(who=_person(given, choice), date=day(choice), **numbers)
