"""One message: its page, the first reading, the frame with its HTML, and a new notice for it."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sealgate_delivery import copies
from sealgate_delivery.admit import Read, Unlock
from sealgate_portal import frame, opening, reading, registering, throttle
from sealgate_portal.content import Content
from sealgate_portal.dates import day, machine, moment, size
from sealgate_portal.reading import Opened, gated
from sealgate_portal.sanitise import TooMuch, as_text, linkify

NEW_NOTICES_A_DAY = 5


@view_config(route_name="message", request_method="GET", renderer="message.jinja2")
@gated
def message(opened: Opened) -> object:
    """Show the message, or, before it was opened for the first time, the button that opens it."""
    copy = opened.copy
    values = {
        "opened": opened, "copy": copy, "subject": opened.subject, "sender": opened.sender,
        "sender_address": copy.message.sender, "tenant": copy.message.tenant, "received": moment(copy.message.received),
        "machine": machine(copy.message.received), "expires": day(copy.expires), "fresh": copy.opened_at is None,
    }
    return values if values["fresh"] else values | _body(opened)


@view_config(route_name="read", request_method="POST")
@gated
def read(opened: Opened) -> object:
    """Note the first reading and show the message."""
    opening.first_read(opened.request.reader, opened.copy)
    return HTTPSeeOther(location=opened.path("message") + "#message")


@view_config(route_name="html", request_method="GET")
@gated
def html(opened: Opened) -> object:
    """Return the document of the frame."""
    try:
        page, _ = frame.document(opened.content)
    except TooMuch:
        page = ""
    return Response(page.encode(), headers={
        "Content-Type": "text/html; charset=UTF-8", "Content-Security-Policy": frame.POLICY,
        "X-Frame-Options": "SAMEORIGIN",
    })


@view_config(route_name="new_notice", request_method="POST")
def new_notice(request: Request) -> object:
    """Mail a new notice for the copy, where the cloud can make one; else say what helps."""
    copy, answer = reading.ask(request)
    if copy is None or not isinstance(answer, Read | Unlock):
        return reading.refuse(request, copy, answer)
    throttle.spend("new-notice", copy.id, NEW_NOTICES_A_DAY, 86400)
    try:
        copies.renew([copy], request.store_keys)
    except copies.NoServiceWrap:
        made = False
    else:
        made = True
    values = {"copy": copy, "made": made, "tenant": copy.message.tenant, "sender": copy.message.sender,
              "expires": day(copy.expires)}
    return Response(render("new_notice.jinja2", values, request), charset="utf-8")


def _body(opened: Opened) -> dict[str, object]:
    """Return what the page shows of the content."""
    content = opened.content
    plain = opened.request.params.get("view") == "text"
    values: dict[str, object] = {
        "readable": content.readable, "has_html": content.has_html, "text": "", "frame": False, "blocked": 0,
        "too_much": False, "sandbox": frame.SANDBOX, "size": size, "total": len(content.raw),
        "attachments": content.attachments(), "sent": "sent" in opened.request.params, "plain": plain,
        **_device(opened),
    }
    if content.has_html and not plain:
        try:
            page, values["blocked"] = frame.document(content)
        except TooMuch:
            values["too_much"] = True
        else:
            values["frame"], values["heights"] = True, frame.heights(page)
            return values
    values["text"] = linkify(plain_text(content))
    return values


def _device(opened: Opened) -> dict[str, bool]:
    """Return what the page says about remembering this device: that it is, or an offer where it can be."""
    remembered = registering.remembered(opened.request)
    return {
        "remembered": remembered and "remembered" in opened.request.params,
        "offer_device": not remembered and registering.can_remember(opened.request, opened.copy.address),
    }


def plain_text(content: Content) -> str:
    """Return the message's text without formatting."""
    pieces = []
    for piece in content.pieces:
        try:
            pieces.append(piece.text if piece.text is not None else as_text(piece.html or ""))
        except TooMuch:
            pieces.append("[This part is too large to be shown here. Download the message to read it.]")
    return "\n\n".join(pieces).strip("\n")
