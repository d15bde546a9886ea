"""The code, and with it the registration: one page, one button, then the message."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sealgate_delivery.store import Notice
from sealgate_portal import codes, opening, registering, sessions
from sealgate_portal.codes import Outcome
from sealgate_portal.views import front
from sealgate_portal.views.notice import code_page, held

SAYS = {
    Outcome.WRONG: "That is not the code we mailed. Please look at the newest mail and type its eight digits.",
    Outcome.EXPIRED: "That code is no longer good: a code lasts ten minutes and works once. Have a new one mailed.",
    Outcome.SPENT: "Too many wrong codes here. Open the link in your notice again and type the code on the new page.",
}


@view_config(route_name="code", request_method="POST")
def code(request: Request) -> Response:
    """Judge the code; register where that is asked for; show the message."""
    notice = held(request, request.typed("reference"))
    if notice is None:
        return front.over(request)
    typed = {name: request.typed(name) for name in ("code", "name", "password")}
    if request.typed("show"):
        shown = request.typed("show") == "yes"
        return code_page(request, notice, typed=typed, shown=shown)
    errors, new = {}, registering.wanted(notice)
    if new:
        errors = registering.problems(typed["name"], typed["password"], notice.address, notice.tenant.display_name)
    outcome = codes.judge(request, notice.address, typed["code"])
    if outcome is not Outcome.FITS or errors:
        return code_page(request, notice, 422, typed=typed, errors=errors, problem=SAYS.get(outcome, ""))
    return _enter(request, notice, typed, new)


def _enter(request: Request, notice: Notice, typed: dict[str, str], new: bool) -> Response:
    if not codes.use(request, notice.address, typed["code"]):
        return code_page(request, notice, 422, typed=typed, problem=SAYS[Outcome.EXPIRED])
    if new:
        registering.register(request, typed["name"], notice.address, typed["password"])
    else:
        sessions.prove(request, notice.address, 1)
    if request.typed("remember"):
        registering.remember(request, notice.address)
    return opening.arrive(request, notice)
