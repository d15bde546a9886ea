"""Browser sessions: a row in the database, named by the SHA-256 of a cookie token that only the browser holds.

Everything that opens something (link secrets, the account key) rests in the row sealed under a key derived from that
token, so a stolen table opens nothing. The token is replaced whenever the session may do more than before. No row is
made for a visitor who only looks.
"""

import hashlib
import secrets
from functools import cached_property

from pyramid.request import Request

from sealgate_core import seal
from sealgate_delivery import accounts, admit, tenant_keys
from sealgate_delivery.accounts import OpenedAccount
from sealgate_delivery.store import (
    Account,
    AccountAddress,
    Code,
    Copy,
    Notice,
    NoticeCopy,
    Session,
    SessionLink,
    SessionProof,
    Wrap,
    database,
    now,
)

COOKIE = "__Host-sealgate"
FORM_COOKIE = "__Host-sealgate-form"
DEVICE_COOKIE = "__Host-sealgate-device"


class NoOpener(Exception):
    """The session holds nothing that opens this wrap."""


class ReaderSession:
    """What one browser has shown so far: proved addresses, posted links, an account. Anonymous when `row` is `None`."""

    def __init__(self, request: Request, row: Session | None = None, token: str = "") -> None:
        self.request = request
        self.row = row
        self.token = token

    @cached_property
    def key(self) -> bytes:
        """The key under which this session's secrets are sealed."""
        return seal.derive(bytes.fromhex(self.token), "session")

    @property
    def csrf(self) -> str:
        """The token that every form of this browser carries; it is bound to a cookie of its own."""
        return str(self.request.form_token)

    @property
    def account(self) -> Account | None:
        """The account that is signed in, or `None` (a code alone signs nobody in)."""
        return self.row.account if self.row else None

    @cached_property
    def account_key(self) -> bytes | None:
        """Private half of the account key, when an account is signed in."""
        if not self.row or not self.row.account_key:
            return None
        bound = seal.context("session-account", self.row.account_id)
        return seal.open_sealed(self.key, bound, bytes(self.row.account_key))

    @cached_property
    def proofs(self) -> dict[str, int]:
        """Level of proof by address."""
        if not self.row:
            return {}
        return {proof.address: proof.level for proof in SessionProof.select().where(SessionProof.session == self.row)}

    @property
    def addresses(self) -> list[str]:
        """Addresses that this session has proved (level 1 or more)."""
        return sorted(address for address, level in self.proofs.items() if level >= 1)

    def level(self, address: str) -> int:
        """Return the level of proof for `address`; 0 = none."""
        return self.proofs.get(address, 0)

    @cached_property
    def links(self) -> dict[str, bytes]:
        """Link secrets that this session posted, by notice id."""
        if not self.row:
            return {}
        rows = SessionLink.select().where(SessionLink.session == self.row)
        return {
            row.notice_id: seal.open_sealed(
                self.key, seal.context("session-link", row.notice_id), bytes(row.sealed))
            for row in rows
        }

    def address_keys(self, address: str) -> dict[str, bytes]:
        """Return the private address keys of `address` that the signed-in account holds, by key id."""
        if self.account is None or self.account_key is None:
            return {}
        return accounts.address_keys(self.account, self.account_key, address)

    def facts(self, copy: Copy) -> admit.SessionFacts:
        """Return what `admit` wants to know of this session about `copy`."""
        covering = NoticeCopy.select(NoticeCopy.notice).where(NoticeCopy.copy == copy).tuples()
        return admit.SessionFacts(
            links=frozenset(self.links),
            level=self.level(copy.address),
            address_keys=frozenset(self.address_keys(copy.address)),
            notices_of_copy=frozenset(notice for (notice,) in covering),
        )

    def opener(self, wrap: Wrap, copy: Copy) -> bytes:
        """Return the opener of `wrap`: link opener, private address key, or tenant key; raise `NoOpener`."""
        if wrap.kind == "link" and wrap.opener in self.links:
            return seal.link_opener(self.links[wrap.opener])
        if wrap.kind == "address":
            private = self.address_keys(copy.address).get(wrap.opener)
            if private is not None:
                return private
        if wrap.kind == "service":
            return tenant_keys.key(copy.message.tenant, int(wrap.opener), self.request.store_keys.master)
        raise NoOpener(f"wrap of kind {wrap.kind}")


def name_of(token: str) -> str:
    """Return the name under which the database knows the session of `token`."""
    return hashlib.sha256(token.encode()).hexdigest()


def current(request: Request) -> ReaderSession:
    """Return the session of this request, anonymous when there is none or it has ended."""
    session: ReaderSession = request.reader
    return session


def load(request: Request) -> ReaderSession:
    """Find the session of the cookie; forget one that was idle or old too long."""
    token = request.cookies.get(COOKIE, "")
    if len(token) != 64 or any(c not in "0123456789abcdef" for c in token):
        return ReaderSession(request)
    row = Session.get_or_none(Session.id == name_of(token))
    if row is None:
        return ReaderSession(request)
    present, limits = now(), request.cloud
    if present - row.seen > limits["session_idle"] or present - row.created > limits["session_absolute"]:
        # Left for the sweep: a GET removes nothing.
        return ReaderSession(request)
    if present - row.seen >= 60:
        Session.update(seen=present).where(Session.id == row.id).execute()
    return ReaderSession(request, row, token)


def begin(request: Request) -> ReaderSession:
    """Return the present session, or make one (level 0) for a visitor who has posted something that fits."""
    if request.reader.row is None:
        token = secrets.token_hex(32)
        row = Session.create(id=name_of(token), csrf=request.form_token)
        _use(request, ReaderSession(request, row, token))
    return current(request)


def add_link(request: Request, notice: Notice, secret: bytes) -> ReaderSession:
    """Note that this browser holds the link of `notice`. Proves nothing: the level stays."""
    session = begin(request)
    bound = seal.context("session-link", notice.id)
    SessionLink.insert(
        session=session.row, notice=notice, sealed=seal.seal(session.key, bound, secret)
    ).on_conflict_ignore().execute()
    return _again(request, session)


def prove(request: Request, address: str, level: int) -> ReaderSession:
    """Raise the level of `address` (never lower it) and replace the token."""
    session = begin(request)
    with database.atomic():
        _raise_level(session.row, address, level)
        return _rotate(request, session)


def sign_in(request: Request, opened: OpenedAccount, level: int) -> ReaderSession:
    """Put the account into the session, prove its addresses at `level`, and replace the token."""
    session = begin(request)
    with database.atomic():
        if session.account is not None and session.account.id != opened.account.id:
            # Another person on the same browser: nothing of the first one is kept.
            end(request)
            session = begin(request)
        for row in AccountAddress.select().where(AccountAddress.account == opened.account):
            _raise_level(session.row, row.address, level)
        return _rotate(request, session, opened)


def end(request: Request) -> None:
    """Forget the session here and in the browser."""
    if request.reader.row is not None:
        request.reader.row.delete_instance(recursive=True)
    request.reader = ReaderSession(request)
    request.add_response_callback(lambda _, response: drop(response, COOKIE))


def end_others(request: Request, account: Account) -> None:
    """End every other session of `account`: its password changed."""
    mine = request.reader.row.id if request.reader.row else ""
    for row in Session.select().where(Session.account == account, Session.id != mine):
        row.delete_instance(recursive=True)


def sweep(idle: int, absolute: int) -> int:
    """Remove sessions that are over; return how many. Called now and then by the server."""
    over = Session.select().where((Session.seen < now() - idle) | (Session.created < now() - absolute))
    return sum(row.delete_instance(recursive=True) > 0 for row in over)


def keep(response: object, name: str, value: str, age: int | None = None, strict: bool = True) -> None:
    """Set a `__Host-` cookie: Secure, HttpOnly, SameSite, whole host, no domain."""
    site = "Strict" if strict else "Lax"
    response.set_cookie(  # type: ignore[attr-defined]
        name, value, max_age=age, path="/", secure=True, httponly=True, samesite=site)


def drop(response: object, name: str) -> None:
    """Remove a `__Host-` cookie; browsers take the removal only with the attributes it was set with."""
    response.set_cookie(name, "", max_age=0, path="/", secure=True, httponly=True, samesite="Strict")  # type: ignore[attr-defined]


def _raise_level(row: Session | None, address: str, level: int) -> None:
    proof, made = SessionProof.get_or_create(session=row, address=address, defaults={"level": level})
    if not made and proof.level < level:
        SessionProof.update(level=level, at=now()).where(
            SessionProof.session == row, SessionProof.address == address).execute()


def _rotate(request: Request, old: ReaderSession, opened: OpenedAccount | None = None) -> ReaderSession:
    """Move everything to a new token: what knew the old one (a fixed or stolen cookie) gains nothing."""
    assert old.row is not None
    token = secrets.token_hex(32)
    new = ReaderSession(request, Session.create(id=name_of(token), csrf=request.form_token,
                                                created=old.row.created), token)
    assert new.row is not None
    account, private = (opened.account, opened.private) if opened else (old.account, old.account_key)
    if account is not None and private is not None:
        new.row.account = account
        new.row.account_key = seal.seal(new.key, seal.context("session-account", account.id), private)
        new.row.save()
    for notice, secret in old.links.items():
        sealed = seal.seal(new.key, seal.context("session-link", notice), secret)
        SessionLink.create(session=new.row, notice=notice, sealed=sealed)
    SessionProof.update(session=new.row).where(SessionProof.session == old.row).execute()
    Code.update(session=new.row.id).where(Code.session == old.row.id).execute()
    old.row.delete_instance(recursive=True)
    return _use(request, ReaderSession(request, new.row, token))


def _again(request: Request, session: ReaderSession) -> ReaderSession:
    """Replace the object, so that nothing cached before the change is used after it."""
    request.reader = ReaderSession(request, session.row, session.token)
    return current(request)


def _use(request: Request, session: ReaderSession) -> ReaderSession:
    request.reader = session
    request.add_response_callback(lambda _, response: keep(response, COOKIE, session.token))
    return session
