"""Change the index of documents: add, remove, and tell what says nothing. Each change gives a new index."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealgate_milter import text
from sealgate_milter.registered import keyed_table
from sealgate_milter.registered.documents import (
    COMMON,
    FIRST,
    MOST,
    PAIR,
    PAIR_WIDTH,
    STOP,
    TEXT,
    Document,
    Index,
    keys_of,
    keys_of_files,
    purpose_of,
)
from sealgate_milter.registered.keyed_table import Places, Words
from sealgate_milter.registered.shingles import WIDTH, Shingler

MANY = 20
"""A shingle in more documents than this says nothing, unless those documents are much the same as a whole."""
PAGE = 500
"""Documents with so few shingles are registered with all of them."""
ALIKE = 0.5
"""A document is much the same as others when this share of its shingles stands in many documents."""


class Full(Exception):
    """The index holds as many documents as it can."""


@dataclass(frozen=True)
class Reading:
    """What was read of a file to register: its texts, and the SHA-256 digests of it and of files in it."""

    label: str
    name: str
    texts: Sequence[bytes]
    digests: Sequence[bytes] = ()
    form: bool = False
    added: str = ""


def add(index: Index, readings: Iterable[Reading]) -> Index:
    """Return the index with these documents too; one of the same name takes the place of the old one.

    Raises `Full`.
    """
    keys, numbers = index.table.pairs()
    rows = [(keys, numbers)]
    documents = dict(index.documents)
    by_name = {document.name: number for number, document in documents.items()}
    number = max(documents, default=FIRST - 1)
    for reading in readings:
        number += 1
        if number >= keyed_table.PAYLOADS:
            raise Full
        documents.pop(by_name.get(reading.name, -1), None)
        by_name[reading.name] = number
        own, dense = _keys(index.shingler, reading)
        documents[number] = Document(number, reading.label, reading.name, 0, 0, reading.added, dense)
        rows.append((own, np.full(len(own), number)))
    keys, numbers = (np.concatenate(column) for column in zip(*rows, strict=True))
    return _rebuilt(replace(index, documents=documents), keys, numbers)


def remove(index: Index, unwanted: Callable[[Document], bool]) -> Index:
    """Return the index without the documents for which `unwanted` holds."""
    kept = {number: document for number, document in index.documents.items() if not unwanted(document)}
    return _rebuilt(replace(index, documents=kept), *index.table.pairs())


def add_background(index: Index, readings: Iterable[Reading]) -> Index:
    """Return the index for which the text of these files says nothing, whichever document it stands in."""
    keys, numbers = index.table.pairs()
    rows = [(keys, numbers)]
    names = list(index.background)
    for reading in readings:
        own = _background_keys(index.shingler, reading.texts)
        rows.append((own, np.full(len(own), STOP)))
        names.append(reading.name)
    keys, numbers = (np.concatenate(column) for column in zip(*rows, strict=True))
    return _rebuilt(replace(index, background=tuple(dict.fromkeys(names))), keys, numbers)


def remove_background(index: Index) -> Index:
    """Return the index for which no text is ordinary."""
    keys, numbers = index.table.pairs()
    stay = numbers != STOP
    return _rebuilt(replace(index, background=()), keys[stay], numbers[stay])


def _keys(shingler: Shingler, reading: Reading) -> tuple[Words, bool]:
    """Return every key under which a document is registered, and whether it is dense."""
    chunks = [chunk for octets in reading.texts for chunk in shingler.chunks(octets)]
    every = _joined([shingler.shingles(chunk)[0] for chunk in chunks])
    dense = len(every) <= PAGE
    chosen = every if dense else _joined([shingler.chosen(chunk) for chunk in chunks])
    pairs = _joined([shingler.shingles(chunk, PAIR_WIDTH)[0] for chunk in chunks if reading.form])
    keys = (keys_of(shingler, chosen, TEXT), keys_of(shingler, pairs, PAIR), keys_of_files(shingler, reading.digests))
    return np.unique(np.concatenate(keys)), dense


def _background_keys(shingler: Shingler, texts: Sequence[bytes]) -> Words:
    chunks = [chunk for octets in texts for chunk in shingler.chunks(octets)]
    kinds = ((TEXT, WIDTH), (PAIR, PAIR_WIDTH))
    return np.concatenate(
        [keys_of(shingler, _joined([shingler.shingles(chunk, width)[0] for chunk in chunks]), purpose)
         for purpose, width in kinds]
    )  # fmt: skip


@cache
def _stock() -> bytes:
    """Return the phrases that stand in anybody's letters."""
    source = Path(__file__).with_name("stock-phrases.txt").read_text("utf-8")
    return text.normalise("\n".join(line for line in source.splitlines() if not line.startswith("#"))).encode()


def _joined(numbers: Sequence[Words]) -> Words:
    return np.unique(np.concatenate([np.empty(0, np.uint64), *numbers]))


def _rebuilt(index: Index, keys: Words, numbers: Places) -> Index:
    """Return the index with a table of these rows, less those of documents that are gone.

    What says nothing is decided anew; its marks come first among the rows of a key, so that every look-up meets them.
    """
    stops = np.unique(np.concatenate([keys[numbers == STOP], _background_keys(index.shingler, [_stock()])]))
    stay = np.isin(numbers, list(index.documents))
    order = np.argsort(keys[stay], kind="stable")
    keys, numbers = keys[stay][order], numbers[stay][order]
    common = _common(keys, numbers)
    says = ~_among(keys, stops) & ~_among(keys, common)
    purposes = purpose_of(keys)
    size, pairs = (np.bincount(numbers[says & (purposes == kind)], minlength=_end(index)) for kind in (TEXT, PAIR))
    documents = {
        number: replace(document, size=int(size[number]), pairs=int(pairs[number]))
        for number, document in index.documents.items()
    }
    numbers = _in_turn(keys, numbers, index)
    marks = np.repeat(np.array([STOP, COMMON]), [len(stops), len(common)])
    table = keyed_table.build(np.concatenate([stops, common, keys]), np.concatenate([marks, numbers]))
    return replace(index, documents=documents, table=table)


def _common(keys: Words, numbers: Places) -> Words:
    """Return the keys (given sorted) that too many documents share which otherwise differ."""
    firsts, counts = _groups(keys)
    if not (counts > MANY).any():
        return np.empty(0, np.uint64)
    group = np.repeat(np.arange(len(counts)), counts)
    shared = counts[group] > MANY
    share = np.bincount(numbers[shared], minlength=int(numbers.max()) + 1) / np.maximum(np.bincount(numbers), 1)
    differ = shared & (share[numbers] < ALIKE)
    return keys[firsts[np.bincount(group[differ], minlength=len(counts)) > MANY]]


def _in_turn(keys: Words, numbers: Places, index: Index) -> Places:
    """Return the numbers so that, where many documents have one key, each label's first comes before any's second.

    A look-up takes the first `MOST` of them, and each label may have a rule of its own.
    """
    _, counts = _groups(keys)
    group = np.repeat(np.arange(len(counts)), counts)
    rows = np.flatnonzero(counts[group] > MOST)
    if not len(rows):
        return numbers
    labels = {label: at for at, label in enumerate(dict.fromkeys(one.label for one in index.documents.values()))}
    by_number = np.zeros(_end(index), np.int64)
    by_number[list(index.documents)] = [labels[document.label] for document in index.documents.values()]
    key, own = group[rows], numbers[rows]
    label = by_number[own]
    order = np.lexsort((own, label, key))
    _, sizes = _groups(key[order] * len(labels) + label[order])
    turn = np.empty_like(order)
    turn[order] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    result = numbers.copy()
    result[rows] = own[np.lexsort((own, turn, key))]
    return result


def _groups(ordered: NDArray[np.integer[Any]]) -> tuple[Places, Places]:
    """Return where each run of equal numbers begins, and how long it is."""
    firsts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    return firsts, np.diff(np.append(firsts, len(ordered)))


def _among(keys: Words, marks: Words) -> NDArray[np.bool_]:
    """Tell which keys are among `marks`, given sorted."""
    if not len(marks):
        return np.zeros(len(keys), np.bool_)
    found: NDArray[np.bool_] = marks.take(np.searchsorted(marks, keys), mode="clip") == keys
    return found


def _end(index: Index) -> int:
    return max(index.documents, default=FIRST) + 1
