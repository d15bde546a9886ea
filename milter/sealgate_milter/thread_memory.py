"""Which threads are secure: a memory of keyed digests of the Message-IDs of secure mail.

The file tells nobody which messages were confidential: it holds HMACs under the tag key.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sealgate_milter.state import DAY, mark, opened

OURS = "sealgate."
"""The cloud's own replies and DSNs have Message-IDs `<sealgate.…@…>`; whatever answers them is secure."""

KEPT_DAYS = 400
_TABLE = "CREATE TABLE IF NOT EXISTS thread (mark BLOB PRIMARY KEY, day INTEGER NOT NULL) WITHOUT ROWID"


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
        with opened(self.path, _TABLE) as database:
            return any(database.execute("SELECT 1 FROM thread WHERE mark = ?", mark).fetchone() for mark in marks)

    def remember(self, message_id: str) -> None:
        """Note that the message with this Message-ID is secure; once it returned, replies are recognised."""
        with opened(self.path, _TABLE) as database:
            entry = (self._mark(message_id.strip().strip("<>")), int(time.time()) // DAY)
            database.execute("INSERT OR REPLACE INTO thread VALUES (?, ?)", entry)

    def sweep(self) -> None:
        """Forget what is older than `KEPT_DAYS`."""
        with opened(self.path, _TABLE) as database:
            database.execute("DELETE FROM thread WHERE day < ?", (int(time.time()) // DAY - KEPT_DAYS,))

    def _mark(self, message_id: str) -> bytes:
        return mark(self.key, "thread", message_id)
