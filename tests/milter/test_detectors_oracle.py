"""python-stdnum, which shares no line with ours, judges the same numbers the same way."""

import importlib
import string
from random import Random

import pytest
import stdnum.cusip
import stdnum.iban
import stdnum.isin
import stdnum.luhn
import stdnum.us.itin
import stdnum.us.rtn
import stdnum.us.ssn

from sealgate_milter.detectors import cusip, iban, us_ssn
from sealgate_milter.detectors.checksums import luhn

# The letters I and O stand in no CUSIP, the oracle knows only of I.
PLAIN = string.digits + "ABCDEFGHJKLMNPQRSTUVWXYZ"


def made(choice: Random, pattern: str) -> str:
    """Return characters for a pattern of `9` (a digit), `A` (a letter), `X` (either); others stand for themselves."""
    kinds = {"9": string.digits, "A": string.ascii_uppercase, "X": PLAIN}
    return "".join(choice.choice(kinds.get(mark, mark)) for mark in pattern)


def judge(module: str):
    return importlib.import_module(f"sealgate_milter.detectors.{module}")._valid


@pytest.mark.parametrize(
    ("pattern", "ours", "theirs"),
    [
        ("999999999", us_ssn.valid, stdnum.us.ssn.is_valid),
        ("999XX0XX9", cusip.valid, stdnum.cusip.is_valid),
        ("USXXXXXXXXX9", judge("isin"), stdnum.isin.is_valid),
        ("9999999999999999", luhn, stdnum.luhn.is_valid),
        ("DE99999999999999999999", iban.valid, lambda number: stdnum.iban.is_valid(number, check_country=False)),
    ],
)
def test_oracle_agrees(pattern, ours, theirs):
    choice = Random(pattern)
    numbers = [made(choice, pattern) for _ in range(3000)]
    differing = [number for number in numbers if bool(ours(number.encode())) != theirs(number)]
    assert not differing
    assert any(theirs(number) for number in numbers)


def test_oracle_knows_fewer_groups_and_more_banks():
    """The IRS gives groups 50 to 65, too; the oracle takes routing numbers of any district."""
    choice = Random(1)
    ours, theirs = judge("us_itin"), stdnum.us.itin.is_valid
    numbers = [made(choice, "999999999") for _ in range(9000)]
    assert all(ours(number.encode()) for number in numbers if theirs(number))
    routing = [number for number in numbers if judge("us_bank_routing")(number.encode())]
    assert len(routing) > 99 and all(map(stdnum.us.rtn.is_valid, routing))
