"""The front door, and the pages that explain."""

from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sealgate_delivery.store import database
from sealgate_portal import sessions


@view_config(route_name="front", request_method="GET", renderer="front.jinja2")
def front(request: Request) -> dict[str, object]:
    """Show the three ways in: a notice, a password, a mailbox."""
    return {"device": bool(request.cookies.get(sessions.DEVICE_COOKIE)) and not request.reader.addresses}


@view_config(route_name="genuine", request_method="GET", renderer="genuine.jinja2")
def genuine(request: Request) -> dict[str, object]:
    """Say how to tell our mails and pages from imitations."""
    return {"notice_from": request.cloud["notice_from"]}


@view_config(route_name="healthz", request_method="GET")
def healthz(_: Request) -> Response:
    """Tell a monitor that the portal answers and reaches its database."""
    database.execute_sql("SELECT 1")
    return Response("ok\n", content_type="text/plain")


def over(request: Request) -> Response:
    """Answer a form whose session is over."""
    response = render_to_response("over.jinja2", {}, request)
    response.status_int = 403
    return response
