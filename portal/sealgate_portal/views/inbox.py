"""The list of the messages that wait for the proved addresses."""

from dataclasses import dataclass

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from sealgate_core import seal
from sealgate_delivery.admit import Gone, Prove, Read, Unlock
from sealgate_delivery.store import Copy, Message, Tenant
from sealgate_portal import opening, reading
from sealgate_portal.dates import day, machine
from sealgate_portal.sessions import NoOpener

PAGE = 20
_REASONS = {"recalled": "Taken back by the sender", "expired": "No longer available", "gone": "Deleted"}


@dataclass(frozen=True)
class Row:
    """One line of the list. `subject` is empty when the session cannot open the copy."""

    copy: Copy
    sender: str
    subject: str
    state: str
    tone: str
    received: str
    machine: str
    expires: str
    attachments: int = 0


@view_config(route_name="inbox", request_method="GET", renderer="inbox.jinja2")
def inbox(request: Request) -> object:
    """Show one page of the list; subjects are opened for this page only."""
    addresses = request.reader.addresses
    if not addresses:
        return HTTPSeeOther(location=request.route_path("sign_in"))
    query = (Copy.select(Copy, Message, Tenant).join(Message).join(Tenant)
             .where(Copy.address.in_(addresses), Copy.state != "gone"))
    total = query.count()
    pages = max(1, -(-total // PAGE))
    page = min(_number(request.params.get("page", "1")), pages)
    found = query.order_by(Message.received.desc(), Copy.id).paginate(page, PAGE)
    rows = [_row(request, copy) for copy in found]
    return {"rows": rows, "total": total, "page": page, "pages": pages, "addresses": addresses,
            "locked": sum(row.tone == "locked" for row in rows)}


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _row(request: Request, copy: Copy) -> Row:
    answer = opening.answer(request.reader, copy)
    sender, subject, attachments = str(copy.message.sender) or copy.message.tenant.display_name, "", 0
    state, tone = _state(copy, answer)
    if isinstance(answer, Read):
        try:
            opened = reading.open_copy(request, copy, answer)
        except (NoOpener, seal.SealBroken):
            state, tone = "Cannot be opened", "gone"
        else:
            sender, subject = opened.sender, opened.subject
            attachments = len(opened.summary.attachments)
    return Row(copy, sender, subject, state, tone, day(copy.message.received), machine(copy.message.received),
               day(copy.expires), attachments)


def _state(copy: Copy, answer: object) -> tuple[str, str]:
    """Return the state in words, and its tone: `new`, `read`, `locked` or `gone`."""
    if isinstance(answer, Gone):
        return _REASONS.get(answer.reason, "Ended"), "gone"
    if isinstance(answer, Unlock):
        return "Locked", "locked"
    if isinstance(answer, Prove):
        return "Sign in again to read", "locked"
    if copy.opened_at is None:
        return "New", "new"
    return ("Answered" if copy.replied else "Read"), "read"
