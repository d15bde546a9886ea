"""Which registered documents a message holds: whole, edited, in another order, or a part of.

A document counts as found when six of its shingles stand within 100 words, or a twentieth of them anywhere: figures
that found the copies and no unrelated text in measurements (`bench/registered.py`). A short document has fewer shingles
to show and is also told by several passages close together; a form is found by its pairs of words, a file by its
octets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sealgate_milter.registered.documents import (
    FIRST,
    MOST,
    PAIR,
    PAIR_WIDTH,
    TEXT,
    Document,
    Index,
    keys_of,
    keys_of_files,
)
from sealgate_milter.registered.keyed_table import Places
from sealgate_milter.registered.shingles import WIDTH, Chunk, Shingler

NEAR = 6
WINDOW = 100
SHARE = 0.05
SHARE_AT_LEAST = 5
DENSE = 2.5
"""All shingles of a dense document are registered, this many times as many as of another."""
PASSAGES, PASSAGES_WINDOW = 4, 100
"""So many passages apart, in so many words, tell a dense document: somebody has edited all of it."""
PAIR_SHARE = 0.4
PAIRS_AT_LEAST = 10

TINY = 20
"""Octets of the shortest text that is looked at: names of files, addresses and the like hold no passage."""
BATCH = 1 << 15
"""About so many shingles are looked up at a time."""
SPANS = 500
"""Matching passages of a document that are shown."""
KEPT = 100_000
"""Hits of one message that are kept to show passages; what is found does not depend on it."""
SHOWN = 20
"""Documents of which passages are shown."""
_APART = 1 << 20
"""Words of different chunks are so far apart."""


@dataclass(frozen=True)
class Overlap:
    """A document that was found: `count` of its shingles, most of them in the text `text` (-1: not known).

    `spans` are some of the places there, `(start, end)` in octets.
    """

    document: Document
    count: int
    text: int
    spans: tuple[tuple[int, int], ...] = ()


def overlaps(index: Index, texts: Sequence[bytes]) -> list[Overlap]:
    """Return the documents that these texts hold something of, those with most of it first."""
    if not index.documents:
        return []
    found = _search(index, texts, WIDTH, TEXT)
    forms = _search(index, texts, PAIR_WIDTH, PAIR) if index.forms else _Found()
    result: list[tuple[Document, int, _Found]] = []
    for number in found.counts.keys() | forms.counts.keys():
        document = index.documents.get(number)
        if document is None:
            continue
        count, pairs = found.counts.get(number, 0), forms.counts.get(number, 0)
        least = SHARE_AT_LEAST * (DENSE if document.dense else 1)
        if number in found.near or count >= max(SHARE * document.size, least):
            result.append((document, count, found))
        elif document.pairs and pairs >= max(PAIR_SHARE * document.pairs, PAIRS_AT_LEAST):
            result.append((document, pairs, forms))
    result.sort(key=lambda one: (-one[1], one[0].number))
    return [of.overlap(document, count) for document, count, of in result[:SHOWN]] + [
        Overlap(document, count, -1) for document, count, _ in result[SHOWN:]
    ]


def same_files(index: Index, digests: Sequence[bytes]) -> list[tuple[int, Document]]:
    """Return `(which, document)` for each of these SHA-256 digests that is the one of a registered file."""
    if not index.documents or not digests:
        return []
    which, places = index.table.find(keys_of_files(index.shingler, digests), MOST)
    numbers = index.table.payloads(places)
    return [(at, index.documents[one]) for at, one in zip(which.tolist(), numbers.tolist(), strict=True)
            if one in index.documents]  # fmt: skip


@dataclass(frozen=True)
class _Hits:
    """Hits, a row each."""

    document: Places
    place: Places
    word: Places
    text: Places
    start: Places
    end: Places

    def only(self, rows: NDArray[np.bool_] | Places) -> "_Hits":
        return _Hits(*(column[rows] for column in vars(self).values()))


@dataclass
class _Found:
    """What a search has found: how many shingles of each document, which have enough near each other, some hits."""

    counts: dict[int, int] = field(default_factory=dict)
    near: set[int] = field(default_factory=set)
    kept: list[_Hits] = field(default_factory=list)

    def overlap(self, document: Document, count: int) -> Overlap:
        """Return the document with the text that has most of it, and where."""
        own = [hits.only(hits.document == document.number) for hits in self.kept]
        texts = np.concatenate([hits.text for hits in own])
        if not len(texts):
            return Overlap(document, count, -1)
        most = int(np.argmax(np.bincount(texts)))
        shown = [hits.only(np.flatnonzero(hits.text == most)[:SPANS]) for hits in own]
        spans = {span for hits in shown for span in zip(hits.start.tolist(), hits.end.tolist(), strict=True)}
        return Overlap(document, count, most, tuple(sorted(spans)[:SPANS]))


def _search(index: Index, texts: Sequence[bytes], width: int, purpose: int) -> _Found:
    found = _Found()
    places = np.empty(0, np.int64)
    for batch in _batches(index.shingler, texts):
        hits = _look_up(index, batch, width, purpose, found.near)
        if hits is not None:
            places = np.union1d(places, hits.place)
            if purpose == TEXT:
                found.near |= _near(hits, index)
            if sum(len(one.word) for one in found.kept) < KEPT:
                found.kept.append(hits)
    numbers, counts = np.unique(index.table.payloads(places), return_counts=True)
    found.counts = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    return found


def _batches(shingler: Shingler, texts: Sequence[bytes]) -> Iterator[list[tuple[int, Chunk]]]:
    batch: list[tuple[int, Chunk]] = []
    size = 0
    for number, text in enumerate(texts):
        for chunk in shingler.chunks(text) if len(text) >= TINY else ():
            batch.append((number, chunk))
            size += len(chunk.at)
            if size >= BATCH:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _look_up(
    index: Index, batch: list[tuple[int, Chunk]], width: int, purpose: int, enough: set[int]
) -> _Hits | None:
    """Return what of a batch is in the table and says something, `None` when nothing is.

    Documents of which there is `enough` are left out: in a text of many megabytes nobody needs them counted to the end.
    """
    made = [index.shingler.shingles(chunk, width) for _, chunk in batch]
    numbers = np.concatenate([one for one, _ in made])
    which, place = index.table.find(keys_of(index.shingler, numbers, purpose), MOST)
    if not len(which):
        return None
    document = index.table.payloads(place)
    sizes = np.array([len(one) for one, _ in made])
    piece = np.repeat(np.arange(len(batch)), sizes)[which]
    word = np.concatenate([words for _, words in made])[which] + piece * _APART
    keep = ~_said_by_anybody(word, np.unique(word[document < FIRST]), width) & ~np.isin(document, list(enough))
    place, document, piece, word = place[keep], document[keep], piece[keep], word[keep]
    if not len(word):
        return None
    start, end = np.empty_like(word), np.empty_like(word)
    for one in np.unique(piece).tolist():
        rows = np.flatnonzero(piece == one)
        start[rows], end[rows] = batch[one][1].spans(word[rows] - one * _APART, width)
    text = np.array([number for number, _ in batch])[piece]
    return _Hits(document, place, word, text, start, end)


def _said_by_anybody(words: Places, stops: Places, width: int) -> NDArray[np.bool_]:
    """Tell which runs of `width` words say nothing: every one of their words is in such a run that begins at `stops`.

    So neither does what joins two phrases that say nothing.
    """
    covered = np.full(len(words), bool(len(stops)))
    for word in range(width if len(stops) else 0):
        first = np.searchsorted(stops, words + (word - width + 1))
        covered &= np.searchsorted(stops, words + word, "right") > first
    return covered


def _near(hits: _Hits, index: Index) -> set[int]:
    """Return the documents of which enough different shingles stand within `WINDOW` words."""
    hits = hits.only(np.lexsort((hits.word, hits.place)))
    repeated = np.zeros(len(hits.word), np.bool_)
    repeated[1:] = (np.diff(hits.place) == 0) & (np.diff(hits.word) <= WINDOW)
    hits = hits.only(~repeated)
    hits = hits.only(np.lexsort((hits.word, hits.document)))
    numbers, inverse = np.unique(hits.document, return_inverse=True)
    documents = [index.documents.get(number) for number in numbers.tolist()]
    needed = np.array([_needed(document) for document in documents])[inverse]
    found = _within(hits, needed, WINDOW - WIDTH)
    dense = np.array([document is not None and document.dense for document in documents])[inverse]
    apart = np.ones(len(hits.word), np.bool_)
    apart[1:] = (np.diff(hits.document) != 0) | (np.diff(hits.word) > WIDTH)
    passages = hits.only(dense & apart)
    return found | _within(passages, np.full(len(passages.word), PASSAGES), PASSAGES_WINDOW)


def _within(hits: _Hits, needed: Places, words: int) -> set[int]:
    """Return the documents of which `needed` hits, given in order, begin within so many words."""
    last = np.arange(len(needed)) + needed - 1
    inside = np.minimum(last, len(needed) - 1)
    enough = (last == inside) & (hits.document[inside] == hits.document)
    enough &= hits.word[inside] - hits.word <= words
    return set(hits.document[enough].tolist())


def _needed(document: Document | None) -> int:
    """Return how many shingles near each other tell a document: fewer when it has not many more."""
    if document is None:
        return NEAR
    scale = DENSE if document.dense else 1
    return round(min(NEAR * scale, max(3 * scale, document.size * 0.6)))
