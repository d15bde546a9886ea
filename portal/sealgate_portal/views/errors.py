"""Every dead end as a page that says what happened and how to go on."""

import logging

from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import exception_view_config, notfound_view_config

from sealgate_portal import security, throttle

log = logging.getLogger("sealgate_portal")


@notfound_view_config()
def not_found(request: Request) -> Response:
    """Nothing is here, or nothing for this visitor: the same page."""
    return _page(request, "not_found.jinja2", 404)


@exception_view_config(context=security.ForeignForm)
@exception_view_config(context=security.StaleForm)
def form_refused(request: Request) -> Response:
    """Answer a form that does not fit this browser: typed text is kept, and may go again if the browser vouches."""
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)
             and value.strip() and name not in {"csrf", "password", "code", "key"}}
    again = isinstance(request.exception, security.StaleForm) and security.surely_own_page(request)
    values = {"typed": typed, "again": again, "target": request.path}
    return _page(request, "form_refused.jinja2", 403, values)


@exception_view_config(context=security.TooLarge)
def too_large(request: Request) -> Response:
    """An upload over the limit."""
    return _page(request, "too_large.jinja2", 413, {"megabytes": request.cloud["message_size_limit"] >> 20})


@exception_view_config(context=throttle.TooMany)
def too_many(request: Request) -> Response:
    """A throttle: says how long, and which other way there is."""
    wait, what = request.exception.wait, request.exception.what
    response = _page(request, "too_many.jinja2", 429, {"minutes": -(-wait // 60), "wait": wait, "what": what})
    response.headers["Retry-After"] = str(wait)
    return response


@exception_view_config(context=security.WrongHost)
def wrong_host(request: Request) -> Response:
    """Not our name: say nothing that could be taken for a page of that name."""
    return Response("This is not the place you are looking for.\n", status=421, content_type="text/plain")


@exception_view_config(context=security.NotAllowed)
def not_allowed(request: Request) -> Response:
    """A method that no page of ours uses."""
    response = Response("Method not allowed.\n", status=405, content_type="text/plain")
    response.headers["Allow"] = "GET, HEAD, POST"
    return response


@exception_view_config(context=security.BadForm)
def bad_form(_request: Request) -> Response:
    """No browser sends this."""
    return Response("Bad request.\n", status=400, content_type="text/plain")


@exception_view_config(context=Exception)
def failed(request: Request) -> Response:
    """Our fault: the cause goes to the log, the visitor gets a page without it."""
    log.error("request failed: %s %s", request.method, request.matched_route and request.matched_route.name,
              exc_info=request.exc_info)
    return _page(request, "failed.jinja2", 500)


def _page(request: Request, template: str, status: int, values: dict[str, object] | None = None) -> Response:
    response = render_to_response(template, values or {}, request)
    response.status_int = status
    return response
