"""Forgotten password, lost notice: a code to the mailbox, then a new password, or just the list.

What is answered never depends on whether the address is known; the mail itself is made by a thread of its own, so that
how long the answer takes says nothing either.
"""

from typing import Any

from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sealgate_core.address import identity
from sealgate_delivery import accounts
from sealgate_delivery.store import SessionProof
from sealgate_portal import carry, codes, registering, sessions, throttle
from sealgate_portal.codes import Outcome
from sealgate_portal.views import front
from sealgate_portal.views.registration import SAYS


@view_config(route_name="forgotten", request_method="GET", renderer="forgotten.jinja2")
def form(_: Request) -> dict[str, object]:
    """Ask for the address."""
    return {"problem": "", "address": ""}


@view_config(route_name="forgotten", request_method="POST")
def forgotten(request: Request) -> Response:
    """Step 1: address in, code mailed where there is somebody to mail it to. Step 2: the code."""
    address = identity(request.typed("address").strip())[:400]
    if "code" in request.POST:
        return _typed(request, address)
    if not address and request.carried:
        return _page(request, "forgotten.jinja2", problem="", address="")
    if "@" not in address or any(c.isspace() or not c.isprintable() for c in address):
        problem = "Please type the whole address, such as name@example.com."
        return _page(request, "forgotten.jinja2", 422, problem=problem, address=address)
    sessions.begin(request)
    try:
        codes.ask_quietly(request, address)
    except throttle.TooMany:
        if not codes.live(request.reader, address):
            raise
        return _page(request, "forgotten_code.jinja2", 429, address=address, problem=codes.ENOUGH)
    return _page(request, "forgotten_code.jinja2", address=address, problem="")


@view_config(route_name="new_password", request_method="GET")
@view_config(route_name="new_password", request_method="POST")
def new_password(request: Request) -> Response:
    """Choose a new password, or the first one, for an address that this session has proved."""
    address = _proved(request)
    if address is None:
        return front.over(request)
    account = accounts.of_address(address)
    typed = {name: request.typed(name) for name in ("name", "password")}
    values: dict[str, Any] = {"address": address, "account": account, "typed": typed, "errors": {}, "shown": False,
              "must": registering.wanted_at(address)}
    if request.method != "POST" or request.typed("show"):
        values["shown"] = request.typed("show") == "yes"
        return _page(request, "new_password.jinja2", 200, **values)
    errors = registering.problems(account.name or "-" if account else typed["name"], typed["password"], address)
    if errors:
        return _page(request, "new_password.jinja2", 422, **values | {"errors": errors})
    registering.register(request, typed["name"], address, typed["password"])
    return carry.go(request, request.route_path("inbox"))


def _typed(request: Request, address: str) -> Response:
    if request.reader.row is None:
        return front.over(request)
    code = request.typed("code")
    outcome = codes.judge(request, address, code)
    if outcome is not Outcome.FITS or not codes.use(request, address, code):
        return _page(request, "forgotten_code.jinja2", 422, address=address,
                     problem=SAYS.get(outcome, SAYS[Outcome.EXPIRED]))
    # Level 0 = proved, but registration comes before reading.
    sessions.prove(request, address, 0 if registering.wanted_at(address) else 1)
    return carry.go(request, request.route_path("new_password"))


def _proved(request: Request) -> str | None:
    """Return the address that was proved by a mailed code last in this session."""
    if request.reader.row is None:
        return None
    proofs = SessionProof.select().where(SessionProof.session == request.reader.row)
    row = proofs.order_by(SessionProof.at.desc()).first()
    return str(row.address) if row else None


def _page(request: Request, template: str, status: int = 200, **values: object) -> Response:
    response = render_to_response(template, values, request)
    response.status_int = status
    return response

