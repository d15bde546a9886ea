"""The first reading of a copy: the only place where the portal lets a copy become `opened`, always from a POST."""

from pyramid.request import Request
from pyramid.response import Response

from sealgate_core import seal
from sealgate_delivery import accounts, admit, copies
from sealgate_delivery.store import AccountAddress, Copy, Notice, NoticeCopy, Wrap, now
from sealgate_portal import carry
from sealgate_portal.sessions import NoOpener, ReaderSession


def copies_of(notice: Notice) -> list[Copy]:
    """Return the copies that `notice` covers."""
    return list(Copy.select().join(NoticeCopy).where(NoticeCopy.notice == notice).order_by(Copy.id))


def answer(session: ReaderSession, copy: Copy) -> admit.Answer:
    """Ask the one rule about `copy` in this session."""
    wraps = frozenset((wrap.kind, wrap.opener) for wrap in Wrap.select().where(Wrap.copy == copy))
    facts = admit.CopyFacts(copy.state, copy.level, copy.expires, wraps)
    return admit.admit(facts, session.facts(copy), now())


def first_read(session: ReaderSession, copy: Copy) -> admit.Answer:
    """Mark `copy` as opened if this session may and can read it, and heal it (law 4). Returns the rule's answer."""
    result = answer(session, copy)
    if isinstance(result, admit.Read):
        if copy.opened_at is None:
            copies.mark_opened([copy.id])
        heal(session, copy, result)
    return result


def heal(session: ReaderSession, copy: Copy, read: admit.Read) -> None:
    """Add an `address` wrap when the account holds the address key: what was opened once opens everywhere after."""
    account, private = session.account, session.account_key
    if read.kind == "address" or account is None or private is None:
        return
    if not AccountAddress.select().where(
            AccountAddress.address == copy.address, AccountAddress.account == account).exists():
        return
    wrap = Wrap.get_or_none(Wrap.copy == copy, Wrap.kind == read.kind, Wrap.opener == read.opener)
    try:
        key = copies.unwrap(copy, wrap, session.opener(wrap, copy))
    except (NoOpener, seal.SealBroken):
        return
    copies.heal(copy, key, accounts.ensure_address_key(account, private, copy.address))


def arrive(request: Request, notice: Notice) -> Response:
    """Go to what `notice` is about: its one message, or the inbox when there are several."""
    session = request.reader
    found = copies_of(notice)
    if len(found) == 1:
        first_read(session, found[0])
        return carry.go(request, request.route_path("message", copy=found[0].id) + "#message")
    for copy in found:
        result = answer(session, copy)
        if isinstance(result, admit.Read):
            heal(session, copy, result)
    return carry.go(request, request.route_path("inbox"))
