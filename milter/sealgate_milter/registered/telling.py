"""Whether the columns of a data set tell rows apart, so that values that meet are a row's and no coincidence."""

from collections.abc import Sequence
from itertools import combinations, islice

import numpy as np

from sealgate_milter.registered.keyed_table import Words

MOST_SETS = 100
"""Combinations of columns that are looked at, those of the fewest different values first."""
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Indistinct(Exception):
    """Columns do not tell rows apart; `str()` is the beginning of a sentence that says which and how badly."""


def check(names: Sequence[str], numbers: Sequence[Words], need: int) -> None:
    """Raise `Indistinct` when some `need` of the columns leave more than half of their rows the same as another row.

    `numbers` are the values of each column, a number for each row, 0 where it says nothing.
    """
    order = sorted(range(len(names)), key=lambda at: len(np.unique(numbers[at])))
    for chosen in islice(combinations(order, need), MOST_SETS):
        told = np.logical_and.reduce([numbers[at] != 0 for at in chosen])
        rows = int(told.sum())
        shared = rows - _alone([numbers[at][told] for at in chosen])
        if shared * 2 > rows:
            which = " and ".join(repr(names[at]) for at in sorted(chosen))
            raise Indistinct(f"{shared} of {rows} rows have the same {which} as another row")


def _alone(columns: Sequence[Words]) -> int:
    """Return how many rows no other row equals."""
    together = columns[0].copy()
    for column in columns[1:]:
        together = together * _MIX + column
    return int((np.unique(together, return_counts=True)[1] == 1).sum())
