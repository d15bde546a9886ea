"""Which rows of a data set a message holds: those of which enough columns meet in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sealgate_milter.registered import dates
from sealgate_milter.registered.exact import COUNTED, MOST_WORDS, Index, unpacked
from sealgate_milter.registered.keyed_table import Places, Words

BATCH = 1 << 16
"""About so many runs of words are looked up at a time."""
SMALL = 200_000
"""Octets of text that are looked at in one go."""
MANY = 100
SPANS = 500
"""Places of values that are kept to be shown."""


@dataclass(frozen=True)
class Meeting:
    """What was found: `rows` of them, their `columns`, most in the text `text`; some places, `(text, start, end)`."""

    rows: int
    columns: tuple[str, ...]
    text: int
    spans: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class _Runs:
    """Runs of words and dates of a message: the number of each and where it stands."""

    numbers: Words
    text: Places
    start: Places
    end: Places


def meetings(index: Index, texts: Sequence[bytes], enough: int = 1) -> Meeting | None:
    """Return the rows that these texts hold, `None` when they hold none.

    Of a very long list only the beginning is read, if that has `enough` rows and many.
    """
    if sum(map(len, texts)) > SMALL:
        first = _meetings(index, _beginning(texts))
        if first is not None and first.rows >= max(enough, MANY):
            return first
    return _meetings(index, texts)


def _beginning(texts: Sequence[bytes]) -> list[bytes]:
    taken: list[bytes] = []
    left = SMALL
    for text in texts:
        taken.append(text[:left])
        left -= len(taken[-1])
    return taken


def _meetings(index: Index, texts: Sequence[bytes]) -> Meeting | None:
    # Most messages are small: their runs are made once, those of large ones twice rather than kept.
    small = sum(map(len, texts)) <= SMALL
    kept = list(_runs(index, texts)) if small else None
    rows, secret = _candidates(index, kept or _runs(index, texts))
    if not len(rows):
        return None
    covers = np.stack([index.covers(secret, at) for at in range(len(index.slots))], axis=1)
    wanted = (unpacked(index.hidden[rows]) ^ covers) & COUNTED
    order = np.argsort(wanted, axis=None)
    ordered = wanted.ravel()[order]
    seen = np.zeros(wanted.size, np.bool_)
    places: list[tuple[int, int, int, int]] = []
    for runs in kept or _runs(index, texts):
        values = index.values(runs.numbers) & COUNTED
        at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
        hits = np.flatnonzero(ordered[at] == values)
        seen[order[np.isin(ordered, values[hits])]] = True
        for hit in hits[: SPANS - len(places)].tolist():
            where = (int(runs.text[hit]), int(runs.start[hit]), int(runs.end[hit]))
            same = np.searchsorted(ordered, values[hit], "right")
            places += [(cell, *where) for cell in order[at[hit] : same].tolist()]
    return _met(index, rows, seen.reshape(wanted.shape), places)


def _met(
    index: Index, rows: Places, seen: NDArray[np.bool_], places: Sequence[tuple[int, int, int, int]]
) -> Meeting | None:
    """Return the rows of which enough cells were `seen`; `places` are `(cell, text, start, end)`."""
    names = list(dict.fromkeys(slot.column for slot in index.slots))
    columns = np.stack(
        [seen[:, [at for at, slot in enumerate(index.slots) if slot.column == name]].any(axis=1) for name in names],
        axis=1,
    )
    enough = columns.sum(axis=1) >= index.need
    if not enough.any():
        return None
    true = {cell // seen.shape[1] for cell, *_ in places if enough[cell // seen.shape[1]]}
    spans = sorted({tuple(where) for cell, *where in places if cell // seen.shape[1] in true})
    texts = [text for text, *_ in spans]
    met = tuple(name for at, name in enumerate(names) if columns[enough][:, at].any())
    where = max(set(texts), key=lambda text: (texts.count(text), -text)) if texts else -1
    return Meeting(len(np.unique(rows[enough])), met, where, tuple((a, b, c) for a, b, c in spans))


def _candidates(index: Index, message: Iterable[_Runs]) -> tuple[Places, Words]:
    """Return the rows that a key in a message leads to, and their random numbers."""
    rows: list[Places] = [np.empty(0, np.int64)]
    secret: list[Words] = [np.empty(0, np.uint64)]
    lookups = [at for at, slot in enumerate(index.slots) if slot.lookup]
    for runs in message:
        for column, at in enumerate(lookups):
            numbers, turn = runs.numbers, np.uint64(0)
            while len(numbers):
                made = index.keys(numbers, at, turn)
                which, places = index.table.find(made[:, 0])
                found = index.table.payloads(places)
                rows.append(found)
                secret.append((unpacked(index.rows[found, column]) ^ made[which, 1]) & COUNTED)
                numbers, turn = np.unique(numbers[which]), turn + np.uint64(1)
    both = np.stack([np.concatenate(rows).astype(np.uint64), np.concatenate(secret)])
    both = np.unique(both, axis=1) if both.size else both
    return both[0].astype(np.int64), both[1]


def _runs(index: Index, texts: Sequence[bytes]) -> Iterator[_Runs]:
    """Yield all runs of as many words as values have, and dates if there is a column of them, in batches."""
    batch: list[_Runs] = []
    size = 0
    for runs in _pieces(index, texts):
        batch.append(runs)
        size += len(runs.numbers)
        if size >= BATCH:
            yield _joined(batch)
            batch, size = [], 0
    if batch:
        yield _joined(batch)


def _pieces(index: Index, texts: Sequence[bytes]) -> Iterator[_Runs]:
    shingler = index.shingler
    for number, text in enumerate(texts):
        for chunk in shingler.chunks(text, fine=True):
            for width in index.widths:
                runs = shingler.runs(chunk, width)
                start, end = chunk.spans(np.arange(len(runs)), width)
                yield _Runs(runs, np.full(len(runs), number), start, end)
        if any(slot.kind == "date" for slot in index.slots):
            found = list(dates.dates(text))
            values, _ = shingler.values([digits for _, _, digits in found], MOST_WORDS)
            start, end = (np.array([one[side] for one in found], np.int64) for side in (0, 1))
            yield _Runs(values, np.full(len(found), number), start, end)


def _joined(batch: Sequence[_Runs]) -> _Runs:
    return _Runs(*(np.concatenate([getattr(runs, name) for runs in batch]) for name in vars(batch[0])))
