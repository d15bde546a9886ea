"""Nobody reaches anything of another: every route of a copy, every kind of stranger, every method."""

import pytest
from pyramid.interfaces import IRoutesMapper

from sealgate_portal import sessions

BOB = "bob@outside.test"
MARKER = "MARKER-7f3a"
EVE = "eve@outside.test"
CAROL = "carol@outside.test"

COPY_ROUTES = {
    "message": "", "read": "/read", "html": "/html", "cid": "/cid/3", "part": "/part/3", "eml": "/eml",
    "reply": "/reply", "new_notice": "/new-notice",
}
"""Every route that leads to a copy, with an address that its owner would use."""
ELSEWHERE = {
    "front", "genuine", "healthz", "notice", "open", "code", "sign_in", "sign_out", "forgotten", "new_password",
    "device", "inbox", "__static/",
}
"""Routes that name no copy in their address."""


def routes(cloud):
    return {route.name: route.pattern for route in cloud.wsgi.registry.getUtility(IRoutesMapper).get_routes()}


def test_every_route_has_a_row(cloud):
    """A new route fails here until it is in one of the two tables above."""
    found = routes(cloud)
    assert set(found) == set(COPY_ROUTES) | ELSEWHERE
    assert {name for name, pattern in found.items() if "{copy" in pattern} == set(COPY_ROUTES)
    introspector = cloud.wsgi.registry.introspector
    assert {item["introspectable"]["name"] for item in introspector.get_category("routes")} == set(found)


def strangers(cloud, copy, hers, foreign):
    """Return browsers that must learn nothing of Bob's copy."""
    signed_out = cloud.browser(BOB, links=(copy,))
    signed_out.reset()
    forged = cloud.anonymous()
    forged.set_cookie(sessions.COOKIE, "0" * 64)
    return {
        "other recipient of the same message": cloud.browser(EVE, links=(hers,)),
        "recipient of another tenant": cloud.browser(CAROL, links=(foreign,)),
        "other spelling of the address": cloud.browser("Bob@outside.test", "bob+x@outside.test"),
        "anonymous": cloud.anonymous(),
        "signed out": signed_out,
        "forged session": forged,
    }


@pytest.mark.parametrize("sealing", ["acme", "sealed"])
def test_strangers_get_what_nothing_gets(cloud, dump, sealing):
    copy, hers = cloud.deposit(cloud.confidential(), BOB, EVE, tenant=sealing)
    (foreign,) = cloud.deposit(cloud.confidential("Other"), CAROL, tenant="other")
    owner = cloud.browser(BOB, links=(copy,))
    token = owner.get(f"/m/{copy.id}").forms[0]["csrf"].value
    owner.post(f"/m/{copy.id}/read", {"csrf": token})
    assert MARKER in owner.get(f"/m/{copy.id}")
    nothing = "00000000-0000-4000-8000-000000000000"
    for who, browser in strangers(cloud, copy, hers, foreign).items():
        page = browser.get("/genuine", expect_errors=True)
        token = form_token(browser, page)
        before = dump()
        for name, path in COPY_ROUTES.items():
            for method in ("get", "head", "post"):
                given = answer(browser, method, copy.id, path, token)
                same = answer(browser, method, nothing, path, token)
                label = f"{method} {name} as {who}"
                assert given[0] == same[0], label
                assert given[1].replace(copy.id.encode(), b"") == same[1].replace(nothing.encode(), b""), label
                assert given[0] == 404 or (name == "reply" and method == "post"), label
                for secret in (MARKER, "Results", "jane@", "Jane", BOB):
                    assert secret.encode() not in given[1], label
        assert dump() == before, who
        assert MARKER not in browser.get("/inbox", expect_errors=True).text


def form_token(browser, page):
    """Return the token of this browser's forms; it comes with any page that has a form."""
    from sealgate_core import seal

    registry = browser.app.registry
    value = browser.cookies.get(sessions.FORM_COOKIE, "").strip('"')
    if not value:
        value = "f" * 64
        browser.set_cookie(sessions.FORM_COOKIE, value)
    key = seal.derive(registry.settings["store_keys"].master, "portal/form")
    return seal.keyed_hash(key, value)


def answer(browser, method, copy_id, path, token):
    """Return status and body; what differs between any two requests is taken out."""
    if method == "post":
        response = browser.post(f"/m/{copy_id}{path}", {"csrf": token, "text": "x"}, expect_errors=True)
    else:
        response = getattr(browser, method)(f"/m/{copy_id}{path}", expect_errors=True)
    return response.status_int, response.body
