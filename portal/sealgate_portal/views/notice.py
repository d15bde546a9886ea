"""From the notice to the text: the page behind the link, and Open."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sealgate_core import seal
from sealgate_delivery import accounts, admit
from sealgate_delivery.notice import grouped
from sealgate_delivery.store import Notice
from sealgate_portal import carry, codes, opening, paste, registering, sessions, throttle


@view_config(route_name="notice", request_method="GET")
def notice_page(request: Request) -> Response:
    """Show the page behind a link: the same for every reference, except to who has pressed Open in this session."""
    reference = request.matchdict["reference"].replace("-", "").upper()
    notice = held(request, reference) if not codes.spent(request.reader) else None
    if notice is not None and codes.live(request.reader, notice.address) and _proof_wanted(request, notice):
        return code_page(request, notice)
    if notice is not None and _choice_wanted(request, notice):
        return render_to_response("method.jinja2", {"notice": notice, "masked": masked(notice.address)}, request)
    values = {"reference": grouped(reference), "plain": reference, "held": notice is not None}
    return render_to_response("notice.jinja2", values, request)


@view_config(route_name="open", request_method="GET")
@view_config(route_name="code", request_method="GET")
def lost(request: Request) -> Response:
    """Somebody reloaded what only a form shows."""
    return HTTPSeeOther(location=request.route_path("front"))


@view_config(route_name="open", request_method="POST")
def open_notice(request: Request) -> Response:
    """Take the key, by script or pasted; go on to the message, the choice of a method, or the code."""
    found = _presented(request, request.typed("key") + "\n" + request.typed("paste"))
    reference = request.typed("reference").replace("-", "").upper()
    if found is not None:
        notice, secret = found
        if codes.spent(request.reader):
            # Wrong tries slow only the session that made them: the link in hand begins a new one.
            sessions.end(request)
        sessions.add_link(request, notice, secret)
        _by_device(request, notice)
    else:
        held_notice = held(request, reference)
        if held_notice is None:
            return _bad_key(request, reference, bool(request.typed("key").strip() or request.typed("paste")))
        notice = held_notice
    if not _proof_wanted(request, notice):
        return opening.arrive(request, notice)
    if request.typed("way") == "code" or not registering.has_password(notice.address):
        if request.typed("again") or not codes.live(request.reader, notice.address):
            try:
                codes.ask(request, notice.address, notice)
            except throttle.TooMany:
                if not codes.live(request.reader, notice.address):
                    raise
                return code_page(request, notice, 429, problem=codes.ENOUGH)
        if request.carried:
            return code_page(request, notice)
    return HTTPSeeOther(location=request.route_path("notice", reference=notice.reference))


def held(request: Request, reference: str) -> Notice | None:
    """Return the notice of `reference` if this session holds its link."""
    links = list(request.reader.links)
    return Notice.get_or_none(Notice.reference == reference, Notice.id.in_(links)) if links else None


def code_page(request: Request, notice: Notice, status: int = 200, **values: object) -> Response:
    """Return the page of step 3: the code, and the registration form where that is the tenant's policy."""
    live = codes.live(request.reader, notice.address)
    shown: dict[str, object] = {
        "notice": notice, "masked": masked(notice.address), "problem": "", "errors": {}, "typed": {}, "shown": False,
        "registering": registering.wanted(notice), "sent": live is not None, "spent": codes.spent(request.reader),
        "rememberable": not registering.has_password(notice.address), "remember": request.typed("remember"),
    }
    response = render_to_response("code.jinja2", shown | values, request)
    response.status_int = status
    return response


def masked(address: str) -> str:
    """Return enough of an address to recognise it as one's own: who holds the link need not be its owner."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if len(local) < 4 else f"{local[:2]}…{local[-1:]}@{domain}"


def _presented(request: Request, text: str) -> tuple[Notice, bytes] | None:
    """Return the notice whose key is in `text`, and the key."""
    for secret in paste.secrets_in(text):
        notice = Notice.get_or_none(Notice.lookup == seal.link_lookup(secret).hex())
        if notice is not None:
            return notice, secret
    if text.strip():
        throttle.attempt("bad-key", request.client, 100, 3600)
    return None


def _by_device(request: Request, notice: Notice) -> None:
    """Sign in by a remembered device, if this address is its owner's."""
    token = request.cookies.get(sessions.DEVICE_COOKIE, "")
    if not token or request.reader.level(notice.address) >= 1:
        return
    opened = accounts.by_device(token)
    owner = accounts.of_address(notice.address)
    if opened is not None and owner is not None and owner.id == opened.account.id:
        sessions.sign_in(request, opened, 1)


def _proof_wanted(request: Request, notice: Notice) -> bool:
    """Tell whether the mailbox has to be proved before anything of this notice is shown."""
    answers = [opening.answer(request.reader, copy) for copy in opening.copies_of(notice)]
    return any(isinstance(answer, admit.Prove) for answer in answers) and request.reader.level(notice.address) < 1


def _choice_wanted(request: Request, notice: Notice) -> bool:
    return registering.has_password(notice.address) and _proof_wanted(request, notice)


def _bad_key(request: Request, reference: str, given: bool) -> Response:
    values = {"reference": grouped(reference), "plain": reference, "given": given,
              "again": carry.fields(request) != {}}
    response = render_to_response("bad_key.jinja2", values, request)
    response.status_int = 422
    return response
