"""The index of registered documents, and its file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sealgate_milter.registered import container, keyed_table
from sealgate_milter.registered.keyed_table import Table, Words
from sealgate_milter.registered.shingles import Shingler

KIND = "documents"
FILE = "documents.index"
STOP, COMMON, FIRST = 0, 1, 2
"""Payloads: what stands in ordinary text, what stands in too many documents, and the number of the first document."""
TEXT, WHOLE, PAIR = 1, 2, 3
"""What a key stands for: a shingle, a file octet by octet, two neighbouring words of a form."""
PAIR_WIDTH = 2
MOST = 8
"""Documents that one shingle is evidence for; text that more of them share tells the first ones of each label."""
_LAST_BITS = np.uint64((4 << keyed_table.DROPPED_BITS) - 1)
"""What a table drops of a key, and two bits above."""


@dataclass(frozen=True)
class Document:
    """A registered document: `size` counts its shingles, `pairs` those of two words when it is a form.

    A `dense` one is short: all of its shingles are registered, not only chosen ones.
    """

    number: int
    label: str
    name: str
    size: int
    pairs: int = 0
    added: str = ""
    dense: bool = False


@dataclass(frozen=True)
class Index:
    """All registered documents; `key` is the organisation's."""

    key: bytes
    table: Table
    documents: dict[int, Document] = field(default_factory=dict)
    background: tuple[str, ...] = ()
    """Names of the files whose text says nothing."""

    @cached_property
    def forms(self) -> bool:
        """Whether any of the documents is a form."""
        return any(document.pairs for document in self.documents.values())

    @property
    def shingler(self) -> Shingler:
        """Makes the numbers that this index knows."""
        return Shingler.get(self.key)


def empty(key: bytes) -> Index:
    """Return an index of nothing."""
    return Index(key, keyed_table.build(np.empty(0, np.uint64), np.empty(0, np.int64)))


def load(path: Path, key: bytes) -> Index:
    """Return the index at `path`; raise `OSError` or `ParameterError`."""
    record, arrays = container.read(path, key, KIND)
    documents = {given["number"]: Document(**given) for given in record["documents"]}
    table = Table(arrays["starts"], arrays["entries"], arrays["present"], record["steps"])
    return Index(key, table, documents, tuple(record["background"]))


def save(path: Path, index: Index) -> None:
    """Replace the index at `path`; raise `OSError`."""
    record: dict[str, Any] = {
        "documents": [asdict(document) for document in index.documents.values()],
        "background": index.background,
        "steps": index.table.steps,
    }
    table = index.table
    arrays: container.Arrays = {"starts": table.starts, "entries": table.entries, "present": table.present}
    container.write(path, index.key, KIND, record, arrays)


def keys_of(shingler: Shingler, numbers: Words, purpose: int) -> Words:
    """Return the keys under which these numbers stand in the table; `purpose_of` can tell what they stand for."""
    keys: Words = shingler.blinded(numbers, purpose)[:, 0]
    return (keys & ~_LAST_BITS) | np.uint64(purpose << keyed_table.DROPPED_BITS)


def purpose_of(keys: Words) -> Words:
    """Return what these keys stand for."""
    return (keys & _LAST_BITS) >> np.uint64(keyed_table.DROPPED_BITS)


def keys_of_files(shingler: Shingler, digests: Sequence[bytes]) -> Words:
    """Return the keys of files with these SHA-256 digests."""
    numbers = np.frombuffer(b"".join(digest[:8] for digest in digests), np.uint64)
    return keys_of(shingler, numbers, WHOLE)
