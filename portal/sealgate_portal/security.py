"""What guards every request and every answer: host, size, forms from elsewhere, and the headers.

Two tweens. `frame` is the outer one (database connection, headers on every answer, errors included); `guard` is the
inner one, so that what it refuses is shown as a page.
"""

import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import EXCVIEW, INGRESS

from sealgate_core import seal
from sealgate_delivery.store import database
from sealgate_portal import sessions

Handler = Callable[[Request], Response]

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
SAFE = frozenset({"GET", "HEAD"})
FORM_OVERHEAD = 1 << 20
"""Octets that a form may have besides what it uploads."""


class WrongHost(Exception):
    """The request names a host that is not the portal's."""


class NotAllowed(Exception):
    """A method that the portal does not know."""


class TooLarge(Exception):
    """The body is larger than the portal takes."""


class ForeignForm(Exception):
    """The form was sent by another site."""


class BadForm(Exception):
    """What was sent is no form: a boundary is missing, or it is in a character set that no browser uses."""


class StaleForm(Exception):
    """The form's token does not fit this browser: cookies gone, or a page from long ago."""


def includeme(config: Configurator) -> None:
    """Put the two tweens in their places."""
    config.add_tween("sealgate_portal.security.frame", under=INGRESS)
    config.add_tween("sealgate_portal.security.guard", under=EXCVIEW)


def frame(handler: Handler, _: object) -> Handler:
    """Make the tween that holds a database connection and adds the headers. A view's own header wins."""

    def tween(request: Request) -> Response:
        with database.connection_context() if database.is_closed() else _Kept():
            response = handler(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith("/static/"):
            response.headers["Cache-Control"] = "no-store"
        return response

    return tween


class _Kept:
    """Stands in for a connection that is already open."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def guard(handler: Handler, _: object) -> Handler:
    """Make the tween that refuses what no page of ours can have sent."""

    def tween(request: Request) -> Response:
        if request.path != "/healthz" and request.host.lower() != request.host_label.lower():
            raise WrongHost
        if request.method not in SAFE:
            check_form(request)
        return handler(request)

    return tween


def check_form(request: Request) -> None:
    """Raise unless `request` is a form of ours, sent from a page of ours, of a bearable size."""
    if request.method != "POST":
        raise NotAllowed
    if (request.content_length or 0) > request.cloud["message_size_limit"] + FORM_OVERHEAD:
        raise TooLarge
    if not own_page(request):
        raise ForeignForm
    if not seal.same(request.typed("csrf"), request.form_token):
        raise StaleForm


def own_page(request: Request) -> bool:
    """Tell whether the browser says that the form came from our own page.

    Under `Referrer-Policy: no-referrer` browsers send `Origin: null` with our own forms too, so `Sec-Fetch-Site`
    decides where there is one; a browser that sends neither still needs the token.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return bool(site == "same-origin")
    origin = request.headers.get("Origin", "null")
    return origin == "null" or urlsplit(origin)[:2] == urlsplit(request.cloud["portal_url"])[:2]


def surely_own_page(request: Request) -> bool:
    """Tell whether the browser vouches for it; then typed text may be offered for sending once more."""
    said = "Sec-Fetch-Site" in request.headers or request.headers.get("Origin", "null") != "null"
    return said and own_page(request)


def form_token(request: Request) -> str:
    """Return the token that forms of this browser carry, and set its cookie where it is missing.

    The cookie is Lax and not the session's: a tap on a link in a mail program sends no Strict cookie, and the page
    that it opens must not disturb a session that exists.
    """
    value = request.cookies.get(sessions.FORM_COOKIE, "")
    if len(value) != 64 or not value.isalnum():
        value = secrets.token_hex(32)
        request.add_response_callback(
            lambda _, response: sessions.keep(response, sessions.FORM_COOKIE, value, strict=False))
    return seal.keyed_hash(request.derived_key("form"), value)
