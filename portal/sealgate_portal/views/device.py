"""This is my own device: remember it, forget it, come in by it."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sealgate_delivery import accounts
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
        addresses = request.reader.addresses
        if not addresses:
            return front.over(request)
        if request.reader.account is not None and request.reader.account_key is not None:
            registering.remember(request)
        elif accounts.of_address(addresses[0]) is None:
            registering.device_only(request, addresses[0])
        else:
            return HTTPSeeOther(location=request.route_path("sign_in"))
    return HTTPSeeOther(location=request.route_path("inbox"))
