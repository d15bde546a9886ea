"""Codes by mail: eight digits, ten minutes, kept as a keyed hash.

A code fits the session that asked for it, and any session that posted the same link: who lost the page opens the link
again and types the same code. Every unexpired code is valid, because people type the first of two.
"""

import logging
import secrets
import unicodedata
import uuid
from collections.abc import Mapping
from enum import Enum
from typing import Any

from pyramid.request import Request

from sealgate_core import seal
from sealgate_delivery import accounts, audit, notice, outbox_rows
from sealgate_delivery.store import Code, Copy, Notice, Tenant, database, now
from sealgate_portal import throttle
from sealgate_portal.sessions import ReaderSession

log = logging.getLogger(__name__)

LIFETIME = 600
DIGITS = 8
MAILS_AN_HOUR = 3
"""For one notice, or for one address that asks without a notice."""
ENOUGH = ("Enough codes were mailed within this hour. Please type the newest one that came; look for it in the spam "
          "folder too.")
"""Said on a page with a field for the code, when another mail was asked for in vain."""
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


def ask(request: Request, address: str, about: Notice) -> None:
    """Mail a new code for the link that the session holds; raise `throttle.TooMany`."""
    _spend(request, about.id)
    digits, outbox = _draw(), uuid.uuid4().hex
    with database.atomic():
        _note(request, address, digits, outbox, about)
        _mail(request.cloud, address, digits, about.tenant, outbox)
        audit.record("code-mailed", about.tenant.name, about.id)


def ask_quietly(request: Request, address: str) -> None:
    """Mail a new code to `address` if we know it; nothing that the visitor can see or measure depends on that."""
    _spend(request, address)
    digits, outbox = _draw(), uuid.uuid4().hex
    with database.atomic():
        _note(request, address, digits, outbox, None)
    request.registry.settings["background"].submit(_mail_if_known, request.cloud, address, digits, outbox)


def _mail_if_known(cloud: Mapping[str, Any], address: str, digits: str, outbox: str) -> None:
    try:
        with database.connection_context(), database.atomic():
            copy = Copy.select().where(Copy.address == address).order_by(Copy.expires.desc()).first()
            if copy is not None or accounts.of_address(address) is not None:
                _mail(cloud, address, digits, copy.message.tenant if copy else None, outbox)
                audit.record("code-mailed")
    except Exception:  # the edge of a thread: nobody else would ever hear of it
        log.exception("a code could not be mailed")


def _spend(request: Request, subject: str) -> None:
    throttle.spend("code-mail", subject, MAILS_AN_HOUR, 3600)
    throttle.spend("code-mail-client", request.client, 60, 3600)
    throttle.spend("code-mail-all", "", 5000, 3600)


def _draw() -> str:
    return f"{secrets.randbelow(10 ** DIGITS):0{DIGITS}d}"


def _note(request: Request, address: str, digits: str, outbox: str, about: Notice | None) -> None:
    Code.create(id=uuid.uuid4().hex, address=address, notice=about, session=request.reader.row.id, outbox=outbox,
                hashed=_hashed(request, address, digits), expires=now() + LIFETIME)


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


def _mail(cloud: Mapping[str, Any], address: str, digits: str, tenant: Tenant | None, outbox: str) -> None:
    domain = cloud["notice_from"].rpartition("@")[2]
    outbox_rows.enqueue(
        kind="code", path="notice", sender=f"notice+{outbox}@{domain}", recipient=address,
        mail=notice.code_mail(cloud, address, digits, tenant.display_name if tenant else "", outbox),
        tenant=tenant, outbox_id=outbox, transit_dir=cloud["transit_keys"], blobs=cloud["blobs"],
    )
