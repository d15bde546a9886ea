"""The outbox worker: hands due mail to Postfix, which owns delivery and retries from there on.

Each hand-over of a row has an address of its own, `user@domain.<id>-<attempt>.direct|notice.sealgate.invalid`. If this
process dies before it notes a hand-over, it hands the mail over again: the map lets only one attempt through
(`socketmap.claim`). A failed hand-over is tried again, later and later.
"""

import logging
import smtplib
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import peewee

from sealgate_core.address import AddressRefused, domain_of, orcpt, secured
from sealgate_core.seal import SealBroken
from sealgate_delivery import audit, copies, crash, dsn, outbox_rows, transit
from sealgate_delivery.inbound import TICKET_FIELD
from sealgate_delivery.store import Copy, NoticeCopy, Outbox, database, now, session

log = logging.getLogger(__name__)

BATCH = 50
MAX_PAUSE = 900
"""Longest time in seconds between two hand-overs of a row that Postfix does not take."""
PATIENCE = 86400
"""Seconds after which a mail that our own Postfix refuses for good counts as one that can never go."""


class Worker(threading.Thread):
    """Works the outbox until `stop()`; `wake()` tells it that something is due now."""

    def __init__(self, settings: Mapping[str, Any], pause: float = 2.0) -> None:
        super().__init__(name="outbox", daemon=True)
        self.settings = settings
        self.pause = pause
        self._stopped = threading.Event()
        self._woken = threading.Event()

    def stop(self) -> None:
        """End after the mail in hand."""
        self._stopped.set()
        self._woken.set()

    def wake(self) -> None:
        """Look for due mail at once."""
        self._woken.set()

    def run(self) -> None:
        """Hand over what is due, for ever."""
        while not self._stopped.is_set():
            try:
                with session():
                    handed = work(self.settings)
            except (peewee.PeeweeException, OSError) as error:
                log.error("outbox waits: %s: %s", type(error).__name__, error)
                handed = 0
            if handed < BATCH:
                self._woken.wait(self.pause)
                self._woken.clear()


def work(settings: Mapping[str, Any]) -> int:
    """Hand over what is due, up to `BATCH` rows; return how many were tried."""
    due = list(
        Outbox.select().where(Outbox.state == "waiting", Outbox.not_before <= now())
        .order_by(Outbox.not_before, Outbox.created).limit(BATCH)
    )
    for row in due:
        try:
            _hand_over(row, settings)
        except Exception as error:  # noqa: BLE001 - one row, whatever is wrong with it, must not stop the others
            log.error("outbox=%s kind=%s waits: %s", row.id, row.kind, type(error).__name__)
    return len(due)


def _hand_over(row: Outbox, settings: Mapping[str, Any]) -> None:
    attempt = row.attempts + 1
    if not _count(row, attempt):
        return  # recalled, bounced or taken by another worker since we looked
    crash.point("outbox.counted")
    try:
        mail = _payload(row, settings)
        recipient = secured(row.recipient, f"{row.id}-{attempt}.{row.path}")
        _submit(row, recipient, mail, settings)
    except (smtplib.SMTPException, OSError) as error:
        code = getattr(error, "smtp_code", 0)
        log.warning("outbox=%s kind=%s attempt=%d not taken: %s %s", row.id, row.kind, attempt, type(error).__name__,
                    code or "")
        if code // 100 == 5 and now() - row.created > PATIENCE:
            _give_up(row, "refused by our own Postfix", settings)
        return
    except (SealBroken, transit.TransitKeyGone, AddressRefused) as error:
        _give_up(row, type(error).__name__, settings)
        return
    crash.point("outbox.submitted")
    _handed(row, settings)


def _count(row: Outbox, attempt: int) -> bool:
    """Count an attempt before it is made: one whose outcome is unknown never has its number used again."""
    changed: int = Outbox.update(attempts=attempt, not_before=now() + _pause(attempt)).where(
        Outbox.id == row.id, Outbox.state == "waiting", Outbox.attempts == row.attempts).execute()
    return changed == 1


def _payload(row: Outbox, settings: Mapping[str, Any]) -> bytes:
    """Return the mail. A folder that is not there at all is an `OSError`: it may only not be mounted."""
    keys = Path(settings["transit_keys"])
    if not keys.is_dir():
        raise FileNotFoundError(str(keys))
    return outbox_rows.payload(row, keys, Path(settings["blobs"]))


def _pause(attempt: int) -> int:
    return int(min(MAX_PAUSE, 5 * 2 ** min(attempt - 1, 10)))


def _submit(row: Outbox, recipient: str, mail: bytes, settings: Mapping[str, Any]) -> None:
    """Give one mail to the loopback smtpd of the row's path; raise `smtplib.SMTPException` or `OSError`."""
    host, _, port = settings[f"{row.path}_smtp"].rpartition(":")
    mail = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # a bare LF may be refused, or end a line here only
    sender = row.sender
    if row.kind == "notice" and not sender:
        sender = f"notice+{row.id}@{domain_of(settings['notice_from'])}"
    if row.kind == "relay":
        mail = f"{TICKET_FIELD}: {row.id}\r\n".encode() + mail
    options = ["BODY=8BITMIME"]
    if not (row.recipient.isascii() and sender.isascii()):
        options.append("SMTPUTF8")
    told = row.kind in {"notice", "relay", "reply"}  # whose bounce somebody waits for
    words = row.dsn.split() if row.dsn else ["NOTIFY=FAILURE" if told else "NOTIFY=NEVER"]
    if not any(word.startswith("ORCPT=") for word in words):
        words.append("ORCPT=" + orcpt(row.recipient))
    with smtplib.SMTP(host, int(port), timeout=60, local_hostname=settings["hostname"]) as client:
        client.ehlo()
        client.command_encoding = "utf-8"
        # Not by `mail` and `rcpt`: those parse an address as a header does, and drop what looks like a comment.
        _expect(client.docmd("MAIL", f"FROM:<{sender}> {' '.join(options)}"))
        _expect(client.docmd("RCPT", f"TO:<{recipient}> {' '.join(words)}"))
        _expect(client.data(mail))


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if code // 100 != 2:
        raise smtplib.SMTPResponseException(code, text)


def _handed(row: Outbox, settings: Mapping[str, Any]) -> None:
    """Note that Postfix has the mail; for a notice, that its copies are noticed. A bounce may have come first."""
    with database.atomic():
        if Outbox.get_by_id(row.id).state != "waiting":
            return
        outbox_rows.settle(row, "handed", Path(settings["blobs"]))
        if row.kind == "notice":
            copies.mark_noticed(link.copy_id for link in NoticeCopy.select().where(NoticeCopy.notice == row.subject_id))
        audit.record(f"{row.kind}-handed", row.tenant_id or "", row.subject_id)
    log.info("outbox=%s kind=%s handed to postfix", row.id, row.kind)


def _give_up(row: Outbox, cause: str, settings: Mapping[str, Any]) -> None:
    """A mail that can never go: noted, and the sender of the message is told."""
    log.error("outbox=%s kind=%s failed: %s", row.id, row.kind, cause)
    with database.atomic():
        outbox_rows.settle(row, "failed", Path(settings["blobs"]))
        audit.record(f"{row.kind}-failed", row.tenant_id or "", row.subject_id)
        if row.kind == "notice":
            ids = [link.copy_id for link in NoticeCopy.select().where(NoticeCopy.notice == row.subject_id)]
            for copy_id in copies.mark_undeliverable(ids):
                dsn.undelivered_notice(Copy.get_by_id(copy_id), "We could not write to that address.", settings)
        elif row.kind == "relay" and row.sender:
            mail = dsn.report(settings, row.sender, row.recipient, "5.3.0", "Please send it again.", "")
            dsn.enqueue(row.tenant, row.sender, mail, settings, row.subject_id)
