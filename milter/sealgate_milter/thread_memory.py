"""Which threads are secure: a memory of keyed digests of the Message-IDs of secure mail.

The file tells nobody which messages were confidential: it holds HMACs under the tag key. Every call opens and closes
the database itself, because libmilter runs the callbacks of one connection on changing threads.
"""

import contextlib
import hashlib
import hmac
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

OURS = "sealgate."
"""The cloud's own replies and DSNs have Message-IDs `<sealgate.…@…>`; whatever answers them is secure."""

KEPT_DAYS = 400
_DAY = 86400


@dataclass(frozen=True)
class ThreadMemory:
    """The memory in the SQLite file `path`; `key` is the gateway's tag key."""

    path: Path
    key: bytes

    def known(self, message_ids: Sequence[str]) -> bool:
        """Tell whether one of `message_ids` (with or without angle brackets) names a secure message."""
        bare = [message_id.strip().strip("<>") for message_id in message_ids]
        if any(message_id.lower().startswith(OURS) for message_id in bare):
            return True
        if not bare or not self.path.exists():
            return False
        marks = [(self._mark(message_id),) for message_id in bare]
        with self._database() as database:
            return any(database.execute("SELECT 1 FROM thread WHERE mark = ?", mark).fetchone() for mark in marks)

    def remember(self, message_id: str) -> None:
        """Note that the message with this Message-ID is secure; once it returned, replies are recognised."""
        mark = self._mark(message_id.strip().strip("<>"))
        with self._database() as database:
            database.execute("INSERT OR REPLACE INTO thread VALUES (?, ?)", (mark, int(time.time()) // _DAY))

    def sweep(self) -> None:
        """Forget what is older than `KEPT_DAYS`."""
        with self._database() as database:
            database.execute("DELETE FROM thread WHERE day < ?", (int(time.time()) // _DAY - KEPT_DAYS,))

    def _mark(self, message_id: str) -> bytes:
        text = b"sealgate-thread-v1\n" + message_id.encode("utf-8", "surrogateescape")
        return hmac.new(self.key, text, hashlib.sha256).digest()

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=10)) as database:
            # WAL without a flush per message: after a power cut the last replies are judged by their content alone.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS thread (mark BLOB PRIMARY KEY, day INTEGER NOT NULL) WITHOUT ROWID"
            )
            with database:
                yield database
