"""The one gate to a copy. Text, frame, pictures, attachments, file and reply all come through `gated`.

It asks `admit` (`sealing.md` 5) and either hands the opened copy to the view or answers with the page that says what
is the matter and how to go on. What a session knows nothing of looks like what does not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

from sealgate_core import seal
from sealgate_delivery import copies
from sealgate_delivery.admit import Answer, Gone, Prove, Read, Unknown, Unlock
from sealgate_delivery.copies import Summary
from sealgate_delivery.store import Copy, NoticeCopy
from sealgate_portal import carry, content, opening
from sealgate_portal.dates import day
from sealgate_portal.sessions import NoOpener, ReaderSession

BEFORE_READING = frozenset({"message", "read"})
"""Routes of a copy that was not opened yet; the others lead there, so that nothing is read without its being noted."""


@dataclass(frozen=True)
class Opened:
    """A copy that this session may and can read, and its message key."""

    request: Request
    copy: Copy
    key: bytes

    @cached_property
    def summary(self) -> Summary:
        """Subject, sender and list of attachments."""
        return copies.open_summary(self.copy, self.key)

    @cached_property
    def content(self) -> content.Content:
        """The message taken apart."""
        raw = b"".join(copies.open_body(self.copy, self.key, self.request.store_keys.blobs))
        return content.read(raw)

    @property
    def sender(self) -> str:
        """Who wrote, as a name if there is one."""
        return self.summary.sender_name or str(self.copy.message.sender)

    @property
    def subject(self) -> str:
        """The subject, never empty."""
        return self.summary.subject.strip() or "(no subject)"

    def path(self, route: str, **more: object) -> str:
        """Return the path of a route of this copy."""
        return str(self.request.route_path(route, copy=self.copy.id, **more))


View = Callable[[Opened], object]


def gated(view: View) -> Callable[[Request], object]:
    """Make a Pyramid view of one that takes an `Opened`: it runs only for who may and can read the copy."""

    @wraps(view)
    def through(request: Request) -> object:
        entered = enter(request)
        if isinstance(entered, Response):
            return entered
        try:
            return view(entered)
        except seal.SealBroken:
            return broken(request, entered.copy)

    return through


def enter(request: Request) -> Opened | Response:
    """Return the opened copy of this request, or the answer to give instead."""
    copy, result = ask(request)
    if not isinstance(result, Read):
        return refuse(request, copy, result)
    assert copy is not None
    if copy.opened_at is None and request.matched_route.name not in BEFORE_READING:
        return HTTPSeeOther(location=request.route_path("message", copy=copy.id))
    if request.method == "POST":
        opening.heal(request.reader, copy, result)
    try:
        opened = open_copy(request, copy, result)
    except (NoOpener, seal.SealBroken):
        return broken(request, copy)
    return opened


def ask(request: Request) -> tuple[Copy | None, Answer]:
    """Return the copy that the address names, and the rule's answer about it in this session."""
    copy = Copy.get_or_none(Copy.id == request.matchdict["copy"])
    return copy, opening.answer(request.reader, copy) if copy is not None else Unknown()


def open_copy(request: Request, copy: Copy, read: Read) -> Opened:
    """Open `copy` with the wrap that the rule named; raise `NoOpener` or `seal.SealBroken`."""
    session: ReaderSession = request.reader
    wrap = copies.wrap_for(copy, read.kind, read.opener)
    opened = Opened(request, copy, copies.unwrap(copy, wrap, session.opener(wrap, copy)))
    assert opened.summary is not None
    return opened


def refuse(request: Request, copy: Copy | None, answer: Answer) -> Response:
    """Return the page for an answer that is not `Read`."""
    if request.method == "POST" and request.matched_route.name == "reply" and not isinstance(answer, Gone):
        # The session ended while somebody was writing. The same for copies that do not exist.
        return carry.ask_again(request)
    if copy is None or isinstance(answer, Unknown):
        raise HTTPNotFound
    if isinstance(answer, Gone):
        return _page(request, "gone", copy, answer, 410)
    if isinstance(answer, Prove):
        return _page(request, "prove", copy, answer, 403)
    assert isinstance(answer, Unlock)
    return _page(request, "locked", copy, answer, 403)


def broken(request: Request, copy: Copy) -> Response:
    """Return the page for a copy whose sealed text does not open although it should."""
    return _page(request, "broken", copy, None, 500)


def _page(request: Request, kind: str, copy: Copy, answer: Gone | Prove | Unlock | None, status: int) -> Response:
    """Render an answer page. It names sender and dates, never the subject."""
    links = NoticeCopy.select().where(NoticeCopy.copy == copy, NoticeCopy.notice.in_(list(request.reader.links)))
    held = links.first()
    values = {
        "kind": kind, "copy": copy, "answer": answer, "ways": {str(way) for way in answer.ways} if answer else set(),
        "tenant": copy.message.tenant, "sender": copy.message.sender, "received": day(copy.message.received),
        "ended": day(copy.ended_at or copy.expires), "reference": held.notice.reference if held else "",
    }
    response = render_to_response(f"answer_{kind}.jinja2", values, request)
    response.status_int = status
    return response
