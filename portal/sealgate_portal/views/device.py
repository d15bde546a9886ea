"""This is my own device: remember it, forget it, come in by it."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sealgate_delivery import accounts
from sealgate_delivery.store import Copy
from sealgate_portal import registering, sessions
from sealgate_portal.views import front


@view_config(route_name="device", request_method="POST")
def device(request: Request) -> Response:
    """Do what the button says: `enter`, `remember` or `forget`."""
    action, token = request.typed("action"), request.cookies.get(sessions.DEVICE_COOKIE, "")
    if action == "enter":
        opened = accounts.by_device(token)
        if opened is None:
            request.add_response_callback(lambda _, response: sessions.drop(response, sessions.DEVICE_COOKIE))
            return HTTPSeeOther(location=request.route_path("sign_in"))
        sessions.sign_in(request, opened, 1)
    elif action == "forget":
        accounts.forget_device(token)
        request.add_response_callback(lambda _, response: sessions.drop(response, sessions.DEVICE_COOKIE))
    else:
        return _remember(request)
    return HTTPSeeOther(location=request.route_path("inbox"))


def _remember(request: Request) -> Response:
    """Remember this browser for the address of the message that was read, and go back to it."""
    if not request.reader.addresses:
        return front.over(request)
    copy = Copy.get_or_none(Copy.id == request.typed("copy"))
    if copy is None or not registering.can_remember(request, copy.address):
        return HTTPSeeOther(location=request.route_path("sign_in"))
    if not registering.remembered(request):
        registering.remember(request, copy.address)
    return HTTPSeeOther(location=request.route_path("message", copy=copy.id) + "?remembered=1#remembered")
