"""Remembered devices: offered where they can be, never promised where they cannot."""

import pytest

from sealgate_delivery import accounts
from sealgate_delivery.store import Account, AccountOpener, now
from sealgate_portal import server

ADDRESS = "Maria.Poe@outside.test"
PASSWORD = "seven quiet herons drift"
COOKIE = "__Host-sealgate-device"
OFFER = "Next time without a code"


def by_code(site, browser, copy, remember=False):
    page = site.open(browser, copy)
    form = next(f for f in page.forms.values() if f.action == "/code")
    form["code"] = site.codes()[-1]
    if remember:
        form["remember"] = True
    return form.submit(status=303).follow()


def offer(page):
    return next(f for f in page.forms.values() if f.action == "/device")


def later(site, browser):
    """The same device another day: only the long cookie is left."""
    made = site.visitor()
    made.set_cookie(COOKIE, browser.cookies[COOKIE])
    return made


def test_a_code_for_an_account_with_a_password_promises_nothing(site, copy, registered):
    browser = site.visitor()
    page = site.open(browser, copy).forms[1].submit(status=303).follow()
    assert "remember" not in page.forms[0].fields and "sign in with your password" in page
    page.forms[0]["code"] = site.codes()[-1]
    forced = [*page.forms[0].submit_fields(), ("remember", "yes")]
    read = browser.post("/code", forced, status=303).follow()
    assert "Your results" in read and OFFER not in read and COOKIE not in browser.cookies
    # Nor by a form that no page has shown.
    forged = {"csrf": page.forms[0]["csrf"].value, "action": "remember", "copy": copy.id}
    assert browser.post("/device", forged, status=303).location.endswith("/sign-in")
    assert not AccountOpener.select().where(AccountOpener.kind == "device").exists()


def test_offer_after_registration_and_after_a_password(site, copy, registered):
    page = registered.get(f"/m/{copy.id}")
    assert OFFER in page
    kept = offer(page).submit(status=303).follow()
    assert "This device is remembered" in kept and OFFER not in kept
    # Again, from a page of before: nothing new.
    offer(page).submit(status=303)
    assert AccountOpener.select().where(AccountOpener.kind == "device").count() == 1
    another = site.deposit(ADDRESS)[0]
    device = later(site, registered)
    assert "Your results" in site.open(device, another) and site.codes() == site.codes()[:1]
    assert OFFER not in device.get(f"/m/{another.id}")
    browser = site.visitor()
    form = browser.get("/sign-in").forms[0]
    form["address"], form["password"] = ADDRESS, PASSWORD
    form.submit(status=303)
    assert OFFER in browser.get(f"/m/{copy.id}")


def test_offer_to_a_reader_by_code_alone(site, free):
    browser = site.visitor()
    page = by_code(site, browser, free)
    kept = offer(page).submit(status=303).follow()
    assert "This device is remembered" in kept and "Your results" in kept
    inbox = later(site, browser).get("/").forms[0].submit(status=303).follow()
    assert "Your results" in inbox


def test_no_offer_before_the_message_is_read(site, registered):
    fresh = site.deposit(ADDRESS)[0]
    page = registered.get(f"/m/{fresh.id}")
    assert "Show message" in page and OFFER not in page


def test_who_has_no_password_is_not_asked_for_one(site, free):
    """Cookies cleared, or a second device: link and code, and the box still works; the first device goes on too."""
    first = site.visitor()
    by_code(site, first, free, remember=True)
    second = site.visitor()
    page = site.open(second, free)
    assert "has an account here" not in page and len(site.codes()) == 2
    form = page.forms[0]
    form["code"], form["remember"] = site.codes()[-1], True
    form.submit(status=303)
    assert Account.select().count() == 1
    assert AccountOpener.select().where(AccountOpener.kind == "device").count() == 2
    third = site.deposit(ADDRESS, tenant="open")[0]
    for device in (later(site, first), later(site, second)):
        assert "Your results" in site.open(device, third)
    assert len(site.codes()) == 2


def test_renewing_is_not_for_accounts_with_a_password(site, registered):
    with pytest.raises(ValueError, match="password"):
        accounts.renew(accounts.of_address(ADDRESS))


def test_a_remembered_device_without_password_registers_where_that_is_asked_for(site, free):
    by_code(site, site.visitor(), free, remember=True)
    asked = site.deposit(ADDRESS)[0]
    form = site.open(site.visitor(), asked).forms[0]
    form["code"], form["name"], form["password"] = site.codes()[-1], "Maria Poe", PASSWORD
    assert "Your results" in form.submit(status=303).follow()
    assert accounts.of_address(ADDRESS).name == "Maria Poe"


def test_the_server_removes_expired_devices(site, free):
    browser = site.visitor()
    by_code(site, browser, free, remember=True)
    AccountOpener.update(expires=now() - 1).execute()
    portal = server.Portal.__new__(server.Portal)
    portal.cloud = site.parameters
    portal.sweep()
    assert not AccountOpener.select().exists()
    # The front page offers what the cookie promises; the answer is the sign-in page, not a dead end.
    assert later(site, browser).get("/").forms[0].submit(status=303).location.endswith("/sign-in")
