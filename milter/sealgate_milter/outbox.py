"""Notices on their way: kept in a SQLite file from the verdict on, handed to our own Postfix a moment later.

Each is sent once. When Postfix hands us a message again (it could not finish end-of-message, or an admin requeued it),
the same notice is known already. One worker claims a notice before it sends it; only a crash between Postfix's answer
and our note of it sends a second copy.
"""

import contextlib
import logging
import smtplib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sealgate_milter.notices import Notice
from sealgate_milter.state import DAY, mark, opened

log = logging.getLogger("sealgate.notices")

KEPT_DAYS = 30
"""Days for which a notice is known as sent."""
GIVES_UP = 3 * DAY
_SETTLES = 1
"""Seconds until the first attempt: the message itself is in Postfix's queue by then."""
_CLAIM = 120
_LOOKS = 20.0
"""Seconds between looks into the file for what another worker left behind."""
_TABLE = (
    "CREATE TABLE IF NOT EXISTS notice (mark BLOB PRIMARY KEY, born INTEGER NOT NULL, due INTEGER NOT NULL, "
    "tries INTEGER NOT NULL, recipient TEXT NOT NULL, mail BLOB) WITHOUT ROWID"
)


@dataclass(frozen=True)
class Outbox:
    """The notices in the SQLite file `path`; `key` is the gateway's tag key, `host` and `port` are our Postfix."""

    path: Path
    key: bytes
    host: str
    port: int
    helo: str

    def put(self, notices: Iterable[Notice]) -> None:
        """Keep `notices` until they are sent; one that was kept before is not kept again."""
        now = int(time.time())
        rows = [(mark(self.key, "notice", *n.about), now, now + _SETTLES, 0, n.to, n.mail) for n in notices]
        with opened(self.path, _TABLE) as database:
            database.executemany("INSERT OR IGNORE INTO notice VALUES (?, ?, ?, ?, ?, ?)", rows)

    def sweep(self) -> None:
        """Forget what was sent long ago."""
        if self.path.exists():
            with opened(self.path, _TABLE) as database:
                old = int(time.time()) - KEPT_DAYS * DAY
                database.execute("DELETE FROM notice WHERE mail IS NULL AND born < ?", (old,))

    def deliver(self) -> None:
        """Send everything that is due; what fails for now is tried again later, with growing pauses."""
        if not self.path.exists():
            return
        for key, born, tries, recipient, mail in self._claimed():
            try:
                self._send(recipient, mail)
            except (OSError, ValueError) as error:  # smtplib's errors are OSErrors; an address it cannot encode is none
                code = getattr(error, "smtp_code", 0)
                lost = code >= 500 or isinstance(error, ValueError) or time.time() - born > GIVES_UP
                what = "given up" if lost else "tried again"
                log.warning("notice not sent, %s: %s %d", what, type(error).__name__, code)
                self._settle(key, None if lost else int(time.time()) + min(30 * 2 ** min(tries, 7), 3600))
                if not code and not lost:
                    return  # Postfix is not there: the others would wait as long for nothing
            else:
                self._settle(key, None)

    def _claimed(self) -> Iterator[tuple[bytes, int, int, str, bytes]]:
        while True:
            now = int(time.time())
            with opened(self.path, _TABLE) as database:
                rows: list[tuple[bytes, int, int, str, bytes]] = database.execute(
                    "UPDATE notice SET due = ?, tries = tries + 1 WHERE mark = "
                    "(SELECT mark FROM notice WHERE mail IS NOT NULL AND due <= ? ORDER BY due LIMIT 1) "
                    "RETURNING mark, born, tries, recipient, mail",
                    (now + _CLAIM, now),
                ).fetchall()
            if not rows:
                return
            yield rows[0]

    def _settle(self, key: bytes, due: int | None) -> None:
        with opened(self.path, _TABLE) as database:
            if due is None:
                database.execute("UPDATE notice SET mail = NULL, recipient = '' WHERE mark = ?", (key,))
            else:
                database.execute("UPDATE notice SET due = ? WHERE mark = ?", (due, key))

    def _send(self, recipient: str, mail: bytes) -> None:
        """Hand one notice over, with an empty sender: nothing may answer it, and no bounce of it comes back."""
        client = smtplib.SMTP(self.host, self.port, local_hostname=self.helo, timeout=30)
        try:
            client.ehlo_or_helo_if_needed()
            options = [] if recipient.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
            client.command_encoding = "ascii" if recipient.isascii() else "utf-8"
            _expect(client.mail("", options))
            _expect(client.rcpt(recipient, ["NOTIFY=NEVER"] if client.has_extn("dsn") else []))
            _expect(client.data(mail))
        finally:
            # How it says good-bye does not matter any more; an error here must not send a second copy.
            with contextlib.suppress(OSError):
                client.quit()
            client.close()


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if code // 100 != 2:
        raise smtplib.SMTPResponseException(code, text)


class Courier:
    """The thread of one worker that sends what is in the outbox in force."""

    def __init__(self, outbox: Callable[[], Outbox]) -> None:
        self._outbox = outbox
        self._news = threading.Event()
        self._news.set()  # whom we replace may have left something
        threading.Thread(target=self._run, name="notices", daemon=True).start()

    def wake(self) -> None:
        """Say that there is something to send."""
        self._news.set()

    def _run(self) -> None:
        while True:
            if self._news.wait(_LOOKS):
                self._news.clear()
                time.sleep(_SETTLES + 1)  # one for the part of a second that the file does not keep
            try:
                self._outbox().deliver()
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one must not silence all to come
                log.warning("notices: %s", type(error).__name__)
