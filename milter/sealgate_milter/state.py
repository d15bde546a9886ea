"""Small SQLite files of the milter: opened, used and closed in one call, because callbacks run on changing threads."""

import contextlib
import hashlib
import hmac
import sqlite3
from collections.abc import Iterator
from pathlib import Path

DAY = 86400

_KEPT: dict[Path, sqlite3.Connection] = {}
"""One idle connection a file: without it, each close would be the last one and write the whole log back."""


@contextlib.contextmanager
def opened(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """Yield the database in `path` inside one transaction; `schema` is its `CREATE TABLE IF NOT EXISTS …`."""
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as database:
        # WAL without a flush per message: after a power cut the last entries are gone, never the file.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA secure_delete = ON")
        database.execute(schema)
        if path not in _KEPT:
            _KEPT[path] = kept = sqlite3.connect(path, check_same_thread=False)
            kept.execute("SELECT count(*) FROM sqlite_master").fetchall()
        with database:
            yield database


def mark(key: bytes, purpose: str, *words: str) -> bytes:
    """Return the keyed digest under which `words` are remembered, so that the file tells nobody what they were."""
    text = "\n".join((f"sealgate-{purpose}-v1", *words))
    return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
