"""Codes by mail: eight digits, ten minutes, kept as a keyed hash.

A code fits the session that asked for it, and any session that posted the same link: who lost the page opens the link
again and types the same code. Every unexpired code is valid, because people type the first of two.
"""

import secrets
import unicodedata
import uuid
from enum import Enum

from pyramid.request import Request
from sealgate_core import seal
from sealgate_delivery import audit, notice, outbox_rows
from sealgate_delivery.store import Code, Notice, Tenant, database, now

from sealgate_portal import throttle
from sealgate_portal.sessions import ReaderSession

LIFETIME = 600
DIGITS = 8
MAILS_AN_HOUR = 3
"""For one notice, or for one address that asks without a notice."""
TRIES_A_SESSION = 5
TRIES_AN_ADDRESS = 20


class Outcome(Enum):
    """What became of a typed code."""

    FITS = "fits"
    WRONG = "wrong"
    EXPIRED = "expired"
    SPENT = "spent"
    """This session has tried too often; opening the link again makes a new one."""


def live(session: ReaderSession, address: str) -> Code | None:
    """Return the newest code that is still good for `address` in this session."""
    fitting = _fitting(session, address).where(~Code.used, Code.expires > now())
    found: Code | None = fitting.order_by(Code.created.desc()).first()
    return found


def ask(request: Request, address: str, about: Notice | None, tenant: Tenant | None, known: bool = True) -> None:
    """Mail a new code to `address`; raise `throttle.TooMany`.

    `known=False` does everything but the mail: for an address that we have never written to.
    """
    subject = about.id if about else address
    throttle.spend("code-mail", subject, MAILS_AN_HOUR, 3600)
    throttle.spend("code-mail-client", request.client, 60, 3600)
    throttle.spend("code-mail-all", "", 5000, 3600)
    session = request.reader
    digits = f"{secrets.randbelow(10 ** DIGITS):0{DIGITS}d}"
    outbox = uuid.uuid4().hex
    with database.atomic("IMMEDIATE"):
        Code.create(
            id=uuid.uuid4().hex, address=address, notice=about, session=session.row.id, outbox=outbox if known else "",
            hashed=_hashed(request, address, digits), expires=now() + LIFETIME,
        )
        if known:
            _mail(request, address, digits, tenant, outbox)
            audit.record("code-mailed", tenant.name if tenant else "", about.id if about else "")


def judge(request: Request, address: str, typed: str) -> Outcome:
    """Say whether `typed` is a code for `address` in this session; raise `throttle.TooMany`. Uses nothing up."""
    session = request.reader
    if spent(session):
        return Outcome.SPENT
    throttle.attempt("code-address", address, TRIES_AN_ADDRESS)
    throttle.attempt("code-client", request.client, 100, 3600)
    digits = "".join(c for c in unicodedata.normalize("NFKC", typed) if c.isdigit())
    found = _fitting(session, address).where(Code.hashed == _hashed(request, address, digits)).first()
    if found is None:
        throttle.attempt("code-session", session.row.id, TRIES_A_SESSION + 1, 2 * LIFETIME)
        return Outcome.WRONG
    throttle.forgive("code-address", address)
    return Outcome.EXPIRED if found.used or found.expires <= now() else Outcome.FITS


def use(request: Request, address: str, typed: str) -> bool:
    """Use the code up, once: of two requests at the same time only one gets `True`."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", typed) if c.isdigit())
    ids = [row.id for row in _fitting(request.reader, address).where(
        Code.hashed == _hashed(request, address, digits), ~Code.used, Code.expires > now())]
    return bool(ids) and Code.update(used=True).where(Code.id.in_(ids), ~Code.used).execute() > 0


def spent(session: ReaderSession) -> bool:
    """Tell whether this session has used up its wrong tries."""
    return session.row is not None and throttle.tries("code-session", session.row.id) >= TRIES_A_SESSION


def sweep() -> None:
    """Remove codes of yesterday."""
    Code.delete().where(Code.expires < now() - 86400).execute()


def _fitting(session: ReaderSession, address: str):  # type: ignore[no-untyped-def] # noqa: ANN202 (a peewee query)
    assert session.row is not None
    mine = (Code.session == session.row.id) | Code.notice.in_(list(session.links))
    return Code.select().where(Code.address == address, mine)


def _hashed(request: Request, address: str, digits: str) -> str:
    return seal.keyed_hash(request.derived_key("code"), address, digits)


def _mail(request: Request, address: str, digits: str, tenant: Tenant | None, outbox: str) -> None:
    cloud = request.cloud
    domain = cloud["notice_from"].rpartition("@")[2]
    outbox_rows.enqueue(
        kind="code", path="notice", sender=f"notice+{outbox}@{domain}", recipient=address,
        mail=notice.code_mail(cloud, address, digits, tenant.display_name if tenant else "", outbox),
        tenant=tenant, outbox_id=outbox, transit_dir=cloud["transit_keys"], blobs=cloud["blobs"],
    )
