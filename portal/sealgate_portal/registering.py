"""Becoming a user: name and password, once the mailbox is proved."""

from pyramid.request import Request

from sealgate_core.seal import PasswordCost
from sealgate_delivery import accounts
from sealgate_delivery.store import Account, Copy, Message, Notice, Tenant, database
from sealgate_portal import opening, passwords, sessions


def wanted(notice: Notice) -> bool:
    """Tell whether the first visit to `notice` registers: by the tenant's policy, or as the message asks for more."""
    if has_password(notice.address):
        return False
    return notice.tenant.registration == "required" or any(copy.level > 1 for copy in opening.copies_of(notice))


def wanted_at(address: str) -> bool:
    """Tell whether an address without a notice at hand must register before it reads."""
    if has_password(address):
        return False
    tenants = Tenant.select().join(Message).join(Copy).where(Copy.address == address, Tenant.registration == "required")
    return bool(tenants.exists())


def has_password(address: str) -> bool:
    """Tell whether a password belongs to `address`. An account that only a remembered device opens has none."""
    account = accounts.of_address(address)
    return account is not None and accounts.has_password(account)


def problems(name: str, password: str, *own: str) -> dict[str, str]:
    """Return what is wrong, by field."""
    found = {}
    if not name.strip():
        found["name"] = "Please enter your name: it stands on your replies."
    weak = passwords.problem(password, name, *own)
    if weak:
        found["password"] = weak
    return found


def cost(request: Request) -> PasswordCost:
    """Return what a password costs to try."""
    return PasswordCost(memory=request.cloud["password_memory"])


def register(request: Request, name: str, address: str, password: str) -> None:
    """Make the account, or give an existing one a new password, and sign it in. The mailbox must be proved."""
    with database.atomic():
        account = accounts.of_address(address)
        if account is None:
            opened = accounts.create(" ".join(name.split()), address, password, cost(request))
        else:
            opened = accounts.reset_password(address, password, cost(request))
            if not account.name:
                Account.update(name=" ".join(name.split())[:200]).where(Account.id == account.id).execute()
            sessions.end_others(request, account)
            request.reader.__dict__.pop("account_key", None)
        sessions.sign_in(request, opened, 2)


def remembered(request: Request) -> bool:
    """Tell whether this browser is remembered for the account that is signed in."""
    opened = accounts.by_device(request.cookies.get(sessions.DEVICE_COOKIE, ""))
    account = request.reader.account
    return opened is not None and account is not None and opened.account.id == account.id


def can_remember(request: Request, address: str) -> bool:
    """Tell whether this browser can be remembered for `address`, which the session must have proved.

    What opens the messages must be at hand: the key of the account that is signed in, or a key made for this. For an
    account with a password, a code alone has neither: whoever reads the mailbox would take the account over.
    """
    session, owner = request.reader, accounts.of_address(address)
    if session.level(address) < 1:
        return False
    if session.account is None:
        return not has_password(address)
    return owner is not None and owner.id == session.account.id and session.account_key is not None


def remember(request: Request, address: str) -> None:
    """Let this browser open messages without a code for 90 days, if it can be remembered for `address`."""
    if not can_remember(request, address):
        return
    with database.atomic():
        if request.reader.account is None:
            _make_key(request, address)
        session = request.reader
        token = accounts.remember_device(session.account, session.account_key, label=_label(request))
        # The browser keeps one token: nobody could use the one before any more.
        accounts.forget_device(request.cookies.get(sessions.DEVICE_COOKIE, ""))
    request.add_response_callback(lambda _, response: sessions.keep(
        response, sessions.DEVICE_COOKIE, token, accounts.DEVICE_DAYS * 86400))


def _make_key(request: Request, address: str) -> None:
    """Sign in an account that nothing but this device will open, for who reads by code and wants no password."""
    account = accounts.of_address(address)
    opened = accounts.create("", address, "", cost(request)) if account is None else accounts.renew(account)
    sessions.sign_in(request, opened, 1)


def _label(request: Request) -> str:
    agent = request.user_agent or ""
    kinds = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")
    return next((kind for kind in kinds if kind in agent), "Device")
