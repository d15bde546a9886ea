"""Sign in with address and password, sign out."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sealgate_core.address import identity
from sealgate_delivery import accounts
from sealgate_portal import carry, opening, registering, sessions, throttle
from sealgate_portal.views.notice import held

WRONG = "The address or the password is not right. Addresses count as they are written in the mails you get."


@view_config(route_name="sign_in", request_method="GET")
def form(request: Request) -> Response:
    """Show the form."""
    return page(request)


@view_config(route_name="sign_in", request_method="POST")
def sign_in(request: Request) -> Response:
    """Judge address and password; the same answer, after the same work, for addresses that are unknown."""
    typed = {name: request.typed(name) for name in ("address", "password", "reference")}
    if request.typed("show"):
        return page(request, typed=typed, shown=request.typed("show") == "yes")
    address = identity(typed["address"].strip())
    opened = _judge(request, address, typed["password"])
    if opened is None:
        response = page(request, problem=WRONG, typed=typed)
        response.status_int = 422
        return response
    sessions.sign_in(request, opened, 2)
    if request.typed("remember"):
        registering.remember(request, address)
    notice = held(request, typed["reference"])
    if notice is not None and request.reader.level(notice.address) >= 1:
        return opening.arrive(request, notice)
    return carry.go(request, request.route_path("inbox"))


@view_config(route_name="sign_out", request_method="POST", renderer="signed_out.jinja2")
def sign_out(request: Request) -> dict[str, object]:
    """End the session, forget the device, and have the browser drop what it kept."""
    accounts.forget_device(request.cookies.get(sessions.DEVICE_COOKIE, ""))
    sessions.end(request)
    request.response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    request.add_response_callback(lambda _, response: sessions.drop(response, sessions.DEVICE_COOKIE))
    return {}


@view_config(route_name="sign_out", request_method="GET")
def no_sign_out(request: Request) -> Response:
    """A GET signs nobody out."""
    return HTTPSeeOther(location=request.route_path("front"))


def page(request: Request, **values: object) -> Response:
    """Return the sign-in page."""
    shown: dict[str, object] = {"problem": "", "typed": {}, "shown": False, "over": bool(request.carried)}
    return render_to_response("sign_in.jinja2", shown | values, request)


def _judge(request: Request, address: str, password: str) -> accounts.OpenedAccount | None:
    throttle.attempt("password-address", address[:400], 5)
    throttle.attempt("password-client", request.client, 50, 3600)
    throttle.spend("password-all", "", 3000, 600)
    opened = accounts.sign_in(address, password[:1000], registering.cost(request))
    if opened is not None:
        throttle.forgive("password-address", address[:400])
    return opened
