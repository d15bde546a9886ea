"""Typed text survives a session that is over: it travels along as hidden fields and is offered again afterwards."""

import re

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

TARGET = "carry.to"
FIELD = "carry.field."
_ALLOWED = re.compile(r"/m/[0-9a-f-]{32,36}/reply\Z")
"""Where carried text may go: own paths only, so that no form of another makes us send anything elsewhere."""


def capture(request: Request) -> dict[str, str]:
    """Return the typed fields of this request as hidden fields, bound for the address it was posted to."""
    if not _ALLOWED.match(request.path):
        return {}
    typed = {FIELD + name: value for name, value in request.POST.items() if isinstance(value, str) and name != "csrf"}
    return {TARGET: request.path, **typed}


def fields(request: Request) -> dict[str, str]:
    """Return the carried fields that came in with this request, none when their target is not ours."""
    if request.method != "POST" or not _ALLOWED.match(request.typed(TARGET)):
        return {}
    return {name: value for name, value in request.POST.items()
            if isinstance(value, str) and (name == TARGET or name.startswith(FIELD))}


def ask_again(request: Request) -> Response:
    """Answer a form whose session is over with the sign-in page; what was typed waits in it."""
    request.carried = capture(request)
    return render_to_response("sign_in.jinja2", {"over": True, "problem": "", "typed": {}, "shown": False}, request)


def go(request: Request, location: str) -> Response:
    """Go on to `location`, or first to the text that waits."""
    if not request.carried:
        return HTTPSeeOther(location=location)
    shown = {name.removeprefix(FIELD): value for name, value in request.carried.items() if name != TARGET}
    return render_to_response("continue.jinja2", {"target": request.carried[TARGET], "fields": shown}, request)
