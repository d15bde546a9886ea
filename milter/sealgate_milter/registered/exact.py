"""The index of a data set: real rows (customers, staff, patients), of which a message may hold one.

Each row has a random number. A key, the hidden value of a column, leads to the row and uncovers that number; with it
the hidden values of the other columns can be compared. Rows of the same value have keys of their own (the first, the
second, …), so that not even the frequency of a name shows. Without the organisation's key all of it is noise.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sealgate_milter.registered import container, keyed_table, telling
from sealgate_milter.registered.keyed_table import Places, Table, Words
from sealgate_milter.registered.shingles import Shingler
from sealgate_milter.registered.telling import Indistinct

KIND = "rows"
MOST_WORDS = 8
"""Words of a value that count; longer values are known by their first ones."""
GROUPS = frozenset((1, 2, 3, 4))
"""In so many words a value may be written, whatever the data say: 123456789, 123-45-6789."""
MAX_SAME = 1000
"""Rows that may share the value of a column by which rows are looked up."""
SHORTEST, SHORTEST_ALONE = 2, 4
"""Octets of the shortest value that counts, and of one that is enough by itself."""
_VALUE, _ROW, _KEY = 1 << 60, 2 << 60, 3 << 60
"""What a hidden number stands for."""


Packed = NDArray[np.uint8]
_OCTETS = 5
COUNTED = np.uint64((1 << 8 * _OCTETS) - 1)
"""The bits of a covered number that are kept: chance agrees with one of a million million."""


def packed(numbers: Words) -> Packed:
    """Return numbers with a last dimension of the octets that are kept of each."""
    octets: Packed = np.ascontiguousarray(numbers).view(np.uint8).reshape(*numbers.shape, 8)
    return np.ascontiguousarray(octets[..., :_OCTETS])


def unpacked(octets: Packed) -> Words:
    """Return what was packed."""
    whole = np.zeros((*octets.shape[:-1], 8), np.uint8)
    whole[..., :_OCTETS] = octets
    return whole.view(np.uint64)[..., 0]


@dataclass(frozen=True)
class Slot:
    """One way in which the values of a column are written; `lookup`: rows are looked up by it."""

    column: str
    kind: str
    lookup: bool


@dataclass(frozen=True)
class Index:
    """A data set.

    `hidden[row, slot]` are the values, `rows[row, slot]` the numbers of the rows, both covered and packed.
    """

    key: bytes
    salt: int
    table: Table
    hidden: Packed
    rows: Packed
    slots: tuple[Slot, ...] = ()
    need: int = 1
    """How many columns of one row must meet."""
    widths: tuple[int, ...] = ()
    """How many words values have."""
    added: str = ""
    bare: int = 0
    """Rows that can never be found: too few of their columns say enough."""

    @property
    def shingler(self) -> Shingler:
        """Makes the numbers that this index knows."""
        return Shingler.get(self.key)

    def keys(self, numbers: Words, slot: int, turn: Words | np.uint64) -> Words:
        """Return for values their keys in a slot, and beside each what covers the number of its row.

        `turn` counts, from 0, the rows of the same value.
        """
        return self.shingler.blinded(numbers, self._purpose(_KEY + (slot << 32)) + turn)

    def values(self, numbers: Words) -> Words:
        """Return the hidden form of values."""
        hidden: Words = self.shingler.blinded(numbers, self._purpose(_VALUE))[:, 0]
        return hidden

    def covers(self, rows: Words, slot: int) -> Words:
        """Return what covers the hidden values of rows with these random numbers, in a slot."""
        covers: Words = self.shingler.blinded(rows, self._purpose(_ROW + (slot << 32)))[:, 0]
        return covers

    def _purpose(self, number: int) -> Words:
        return np.array([number ^ self.salt], np.uint64)


def empty(key: bytes) -> Index:
    """Return a data set without rows."""
    nothing = np.empty((0, 0, _OCTETS), np.uint8)
    table = keyed_table.build(np.empty(0, np.uint64), np.empty(0, np.int64))
    return Index(key, 0, table, nothing, nothing)


def load(path: Path, key: bytes) -> Index:
    """Return the data set at `path`; raise `OSError` or `ParameterError`."""
    record, arrays = container.read(path, key, KIND)
    table = Table(arrays["starts"], arrays["entries"], arrays["present"], record["steps"])
    slots = tuple(Slot(**slot) for slot in record["slots"])
    index = Index(key, record["salt"], table, arrays["hidden"], arrays["rows"], slots, record["need"])
    return replace(index, widths=tuple(record["widths"]), added=record["added"], bare=record["bare"])


def save(path: Path, index: Index) -> None:
    """Replace the data set at `path`; raise `OSError`."""
    record = {
        "salt": index.salt,
        "steps": index.table.steps,
        "slots": [vars(slot) for slot in index.slots],
        "need": index.need,
        "widths": index.widths,
        "added": index.added,
        "bare": index.bare,
    }
    arrays: container.Arrays = {
        "starts": index.table.starts,
        "entries": index.table.entries,
        "present": index.table.present,
        "hidden": index.hidden,
        "rows": index.rows,
    }
    container.write(path, index.key, KIND, record, arrays)


@dataclass(frozen=True)
class Column:
    """The normalised values of a column, one a row: `written` are the ways to write it, each with its own values."""

    name: str
    kind: str
    written: tuple[Sequence[bytes], ...]


def build(key: bytes, columns: Sequence[Column], need: int, added: str = "") -> Index:
    """Return the data set of these columns, of which `need` must meet.

    Raises `Indistinct` when some `need` of them do not tell rows apart, or too many rows share a value in the columns
    that are looked up.
    """
    shingler = Shingler.get(key)
    shortest = SHORTEST if need > 1 else SHORTEST_ALONE
    made = [[_told(shingler, values, shortest) for values in column.written] for column in columns]
    # A way in which nothing of the column is written takes no room.
    made = [[one for at, one in enumerate(written) if not at or one[0].any()] for written in made]
    telling.check([column.name for column in columns], [written[0][0] for written in made], need)
    # Of any `need` columns, one is among those that are looked up: so many of the most telling ones it takes.
    same = [max(_most_alike(numbers) for numbers, _ in written) for written in made]
    order = sorted(range(len(columns)), key=lambda at: same[at])[: len(columns) - need + 1]
    worst = max(order, key=lambda at: same[at])
    if same[worst] > MAX_SAME:
        raise Indistinct(f"{same[worst]} rows have one and the same {columns[worst].name!r}")
    slots = [Slot(column.name, column.kind, at in order) for at, column in enumerate(columns) for _ in made[at]]
    numbers = np.stack([numbers for written in made for numbers, _ in written], axis=1)
    seen = {int(count) for written in made for _, words in written for count in np.unique(words)} - {0}
    return _covered(key, slots, numbers, need, tuple(sorted(seen | GROUPS)), added)


def _told(shingler: Shingler, values: Sequence[bytes], shortest: int) -> tuple[Words, Places]:
    """Return the numbers of values, 0 for those that say too little, and how many words count in each."""
    numbers, words = shingler.values(values, MOST_WORDS)
    lengths = np.array([len(value) for value in values], np.int64)
    return np.where(lengths >= shortest, numbers, np.uint64(0)), np.minimum(words, MOST_WORDS)


def _most_alike(numbers: Words) -> int:
    counts = np.unique(numbers[numbers != 0], return_counts=True)[1]
    return int(counts.max()) if len(counts) else 0


def _covered(
    key: bytes, slots: Sequence[Slot], numbers: Words, need: int, widths: tuple[int, ...], added: str
) -> Index:
    """Return the index of rows whose values have these numbers, a column for each slot."""
    secret = np.frombuffer(secrets.token_bytes(8 * len(numbers)), np.uint64) & COUNTED
    noise = np.frombuffer(secrets.token_bytes(16 * numbers.size), np.uint64).reshape(2, *numbers.shape)
    hidden, rows = noise[0].copy(), noise[1].copy()
    nothing = empty(key)
    salt = secrets.randbits(59)
    index = Index(key, salt, nothing.table, nothing.hidden, nothing.rows, tuple(slots), need, widths, added)
    keys, payloads = [], []
    for at, slot in enumerate(slots):
        told = np.flatnonzero(numbers[:, at])
        hidden[told, at] = index.values(numbers[told, at]) ^ index.covers(secret[told], at)
        if slot.lookup:
            made = index.keys(numbers[told, at], at, _turns(numbers[told, at]))
            rows[told, at] = made[:, 1] ^ secret[told]
            keys.append(made[:, 0])
            payloads.append(told)
    lookups = [at for at, slot in enumerate(slots) if slot.lookup]
    table = keyed_table.build(np.concatenate(keys), np.concatenate(payloads))
    names = [slot.column for slot in slots]
    told_columns = np.add.reduceat(numbers != 0, [names.index(name) for name in dict.fromkeys(names)], axis=1) > 0
    bare = int((told_columns.sum(axis=1) < need).sum())
    return replace(index, table=table, hidden=packed(hidden), rows=packed(rows[:, lookups]), bare=bare)


def _turns(numbers: Words) -> Words:
    """Return for each number how many of the same stand before it."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    first = np.append(True, ordered[1:] != ordered[:-1]) if len(ordered) else np.empty(0, np.bool_)
    starts = np.flatnonzero(first)
    turns = np.empty(len(numbers), np.uint64)
    turns[order] = np.arange(len(numbers)) - np.repeat(starts, np.diff(np.append(starts, len(numbers))))
    return turns
