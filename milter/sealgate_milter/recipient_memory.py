"""Who wrote to whom before: keyed digests of pairs of sender and recipient, for the condition first_time_recipient.

The message that met a recipient first stays the first one: when Postfix hands it over once more, because something
behind us failed, the answer is the same as before, and a copy that was secured does not leave in clear.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sealgate_core.address import identity
from sealgate_milter.message import Message
from sealgate_milter.state import DAY, mark, opened

KEPT_DAYS = 730
_TABLE = (
    "CREATE TABLE IF NOT EXISTS met (mark BLOB PRIMARY KEY, first BLOB NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID"
)
_ANYONE = ""


@dataclass(frozen=True)
class RecipientMemory:
    """The memory in the SQLite file `path`; `key` is the gateway's tag key."""

    path: Path
    key: bytes

    def known(self, message: Message, recipient: str, anyone: bool) -> bool:
        """Tell whether the sender of `message` (`anyone`: one of us) wrote to `recipient` before this message."""
        if not self.path.exists():
            return False
        pair = self._pair(_ANYONE if anyone else message.sender, recipient)
        with opened(self.path, _TABLE) as database:
            found = database.execute("SELECT first FROM met WHERE mark = ?", (pair,)).fetchone()
        return found is not None and found[0] != self._first(message)

    def remember(self, message: Message, recipients: Iterable[str]) -> None:
        """Note that `message` goes to `recipients`."""
        first, today = self._first(message), int(time.time()) // DAY
        pairs = [self._pair(who, recipient) for recipient in recipients for who in (message.sender, _ANYONE)]
        with opened(self.path, _TABLE) as database:
            database.executemany(
                "INSERT INTO met VALUES (?, ?, ?) ON CONFLICT (mark) DO UPDATE SET day = excluded.day",
                [(pair, first, today) for pair in pairs],
            )

    def sweep(self) -> None:
        """Forget pairs that have not written for `KEPT_DAYS`."""
        if self.path.exists():
            with opened(self.path, _TABLE) as database:
                database.execute("DELETE FROM met WHERE day < ?", (int(time.time()) // DAY - KEPT_DAYS,))

    def _pair(self, sender: str, recipient: str) -> bytes:
        # Local parts in any case: nobody takes Jane@ and jane@ for two people.
        return mark(self.key, "met", *(identity(who).lower() for who in (sender, recipient)))

    def _first(self, message: Message) -> bytes:
        return mark(self.key, "met-first", message.sender, message.digest)[:16]
