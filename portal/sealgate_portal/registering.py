"""Becoming a user: name and password, once the mailbox is proved."""

from pyramid.request import Request

from sealgate_core.seal import PasswordCost
from sealgate_delivery import accounts
from sealgate_delivery.store import Copy, Message, Notice, Tenant, database
from sealgate_portal import opening, passwords, sessions


def wanted(notice: Notice) -> bool:
    """Tell whether the first visit to `notice` registers: by the tenant's policy, or as the message asks for more."""
    if accounts.of_address(notice.address) is not None:
        return False
    return notice.tenant.registration == "required" or any(copy.level > 1 for copy in opening.copies_of(notice))


def wanted_at(address: str) -> bool:
    """Tell whether an address without a notice at hand must register before it reads."""
    if accounts.of_address(address) is not None:
        return False
    tenants = Tenant.select().join(Message).join(Copy).where(Copy.address == address, Tenant.registration == "required")
    return bool(tenants.exists())


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
            sessions.end_others(request, account)
            request.reader.__dict__.pop("account_key", None)
        sessions.sign_in(request, opened, 2)


def remember(request: Request) -> None:
    """Let this browser open messages without a code for 90 days."""
    session = request.reader
    token = accounts.remember_device(session.account, session.account_key, label=_label(request))
    request.add_response_callback(lambda _, response: sessions.keep(
        response, sessions.DEVICE_COOKIE, token, accounts.DEVICE_DAYS * 86400))


def _label(request: Request) -> str:
    agent = request.user_agent or ""
    kinds = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")
    return next((kind for kind in kinds if kind in agent), "Device")


def device_only(request: Request, address: str) -> None:
    """Make an account that nothing but this device opens, for who reads by code and wants no password."""
    with database.atomic():
        opened = accounts.create("", address, "", cost(request))
        sessions.sign_in(request, opened, 1)
        remember(request)
