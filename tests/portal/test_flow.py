"""From the notice to the text, with each of the ways there."""

import pytest

from sealgate_delivery import accounts, copies
from sealgate_delivery.store import Account, Copy, Session, Wrap, now

ADDRESS = "Maria.Poe@outside.test"
PASSWORD = "seven quiet herons drift"


def fill(form, site, **more):
    form["code"] = site.codes()[-1]
    for name, value in more.items():
        form[name] = value
    return form


def test_first_visit_registers_and_reads_in_three_interactions(site, copy):
    browser = site.visitor()
    page = site.open(browser, copy)
    assert "Create account" in page and len(site.codes()) == 1
    assert Copy.get_by_id(copy.id).state == "noticed"
    done = fill(page.forms[0], site, name="Maria Poe", password=PASSWORD).submit(status=303)
    assert done.location.endswith(f"/m/{copy.id}#message")
    assert "Your results" in done.follow()
    assert Copy.get_by_id(copy.id).state == "opened"
    assert accounts.of_address(ADDRESS).name == "Maria Poe"
    assert Wrap.select().where(Wrap.copy == copy, Wrap.kind == "address").exists()


def test_code_alone_reads_where_registration_is_optional(site, free):
    page = site.open(site.visitor(), free)
    assert "password" not in page.forms[0].fields
    assert "Your results" in fill(page.forms[0], site).submit(status=303).follow()
    assert Account.select().count() == 0


def test_remembered_device_opens_at_once_without_an_account(site, free):
    browser = site.visitor()
    form = fill(site.open(browser, free).forms[0], site)
    form["remember"] = True
    form.submit(status=303)
    another = site.deposit(ADDRESS, tenant="open")[0]
    token = browser.cookies["__Host-sealgate-device"]
    later = site.visitor()
    later.set_cookie("__Host-sealgate-device", token)
    assert "Your results" in site.open(later, another)
    assert len(site.codes()) == 1


def test_registered_person_chooses_before_a_code_goes_out(site, copy, registered):
    later = site.visitor()
    page = site.open(later, copy)
    assert len(site.codes()) == 1 and "Mail me a code instead" in page
    form = page.forms[0]
    form["address"], form["password"] = ADDRESS, PASSWORD
    assert "Your results" in form.submit(status=303).follow()
    by_code = site.open(site.visitor(), copy).forms[1].submit(status=303).follow()
    assert len(site.codes()) == 2 and "Your results" in fill(by_code.forms[0], site).submit(status=303).follow()


@pytest.mark.parametrize("shape", [
    "{key}", "{plain}", "https://portal.test/n/{ref}#{plain}", "> Key: {key}\n> The page", "  {lower} ",
    "Read\nhttps://portal.test/n/{ref}#{plain}\n\nKey: {key}\n\nThe page {ref}"])
def test_pasting_without_script(site, free, shape):
    reference, key = site.notice(free)
    form = site.visitor().get("/").forms[0]
    form["paste"] = shape.format(key=key, plain=key.replace("-", ""), ref=reference, lower=key.lower())
    assert "Type the code" in form.submit(status=303).follow()


def test_dead_ends_have_ways_out(site, free, seal_text):
    browser = site.visitor()
    form = browser.get("/n/7KQ2M9XW").forms[0]
    assert "shortened the link" in form.submit(status=422)
    form["key"] = seal_text
    assert "does not fit" in form.submit(status=422)
    assert "I have a notice" in browser.get("/nothing", status=404)


def test_wrong_old_and_spent_codes(site, free):
    browser = site.visitor()
    page = site.open(browser, free)
    right = site.codes()[-1]
    for _ in range(5):
        page.forms[0]["code"] = "0000 0000" if right != "0000 0000" else "1111 1111"
        answer = page.forms[0].submit(status=422)
    assert "Too many wrong codes" in answer or "not the code" in answer
    page.forms[0]["code"] = right
    assert "Too many wrong codes" in page.forms[0].submit(status=422)
    # The link in hand begins anew, and the same code still fits.
    again = site.open(browser, free)
    again.forms[0]["code"] = right
    assert "Your results" in again.forms[0].submit(status=303).follow()
    used = site.open(site.visitor(), free)
    used.forms[0]["code"] = right
    assert "no longer good" in used.forms[0].submit(status=422)


def test_code_fits_any_session_that_posted_the_link_and_is_mailed_once(site, free):
    site.open(site.visitor(), free)
    second = site.open(site.visitor("192.0.2.9"), free)
    assert len(site.codes()) == 1
    assert "Your results" in fill(second.forms[0], site).submit(status=303).follow()


def test_password_rules_keep_the_code(site, copy):
    page = site.open(site.visitor(), copy)
    form = fill(page.forms[0], site, name="Maria", password="short")
    answer = form.submit(status=422)
    assert "at least 15 characters" in answer
    form = answer.forms[0]
    form["password"] = "passwordpassword123"
    answer = form.submit(status=422)
    assert "guessed quickly" in answer
    form = answer.forms[0]
    form["password"] = PASSWORD
    shown = form.submit("show", status=200)
    assert shown.forms[0]["password"].attrs["type"] == "text" and shown.forms[0]["password"].value == PASSWORD
    shown.forms[0].submit(status=303)


def test_sign_in_inbox_sign_out(site, copy, registered):
    browser = site.visitor()
    form = browser.get("/sign-in").forms[0]
    form["address"], form["password"] = ADDRESS, PASSWORD
    inbox = form.submit(status=303).follow()
    assert "Your results" in inbox
    out = next(f for f in inbox.forms.values() if f.action == "/sign-out").submit(status=200)
    assert "cookies" in out.headers["Clear-Site-Data"]
    assert browser.get(f"/m/{copy.id}", status=404)


def test_forgotten_password_makes_new_keys_and_old_links_still_open(site, copy, registered):
    browser = site.visitor()
    form = browser.get("/forgotten").forms[0]
    form["address"] = ADDRESS
    page = form.submit(status=200)
    page.forms[0]["code"] = site.codes()[-1]
    form = page.forms[0].submit(status=303).follow().forms[1]
    assert "name" not in form.fields
    form["password"] = "nine other otters sing low"
    assert "Your results" in form.submit(status=303).follow()
    assert registered.get(f"/m/{copy.id}", status=404)
    again = site.visitor()
    form = again.get("/sign-in").forms[0]
    form["address"], form["password"] = ADDRESS, PASSWORD
    form.submit(status=422)
    page = site.open(again, copy)
    page.forms[0]["address"], page.forms[0]["password"] = ADDRESS, "nine other otters sing low"
    assert "Your results" in page.forms[0].submit(status=303).follow()


def test_recalled_is_told_to_the_links_holder_without_a_code(site, free):
    reference, key = site.notice(free)
    copies.recall(free, site.keys.blobs)
    browser = site.visitor()
    form = browser.get(f"/n/{reference}").forms[0]
    form["key"] = key
    form.submit(status=303).follow(status=410)
    assert site.codes() == []


def test_typed_text_survives_a_session_that_is_over(site, copy, registered):
    form = next(f for f in registered.get(f"/m/{copy.id}/reply").forms.values() if f.action.endswith("/reply"))
    Session.update(seen=now() - 4000).execute()
    field = next(name for name, (f, *_) in form.fields.items() if name and f.tag == "textarea")
    form[field] = "Thank you, I shall come on Monday."
    again = form.submit()
    assert "Monday" in again and "Your session is over" in again
    sign_in = again.forms[0]
    sign_in["address"], sign_in["password"] = ADDRESS, PASSWORD
    waiting = sign_in.submit(status=200)
    assert "Your text is still here" in waiting and "Monday" in waiting


def test_when_enough_codes_were_mailed_the_last_one_can_still_be_typed(site, free, copy, registered):
    browser = site.visitor()
    page = site.open(browser, free).forms[1].submit(status=303).follow()
    for status in (303, 303, 429):
        page = page.forms[1].submit(status=status)
        page = page.follow() if status == 303 else page
    assert "Enough codes were mailed" in page
    assert "Your results" in fill(page.forms[0], site).submit(status=303).follow()
    lost = site.visitor()
    for status in (200, 200, 200, 429):
        form = lost.get("/forgotten").forms[0]
        form["address"] = ADDRESS
        page = form.submit(status=status)
    page.forms[0]["code"] = site.codes()[-1]
    assert "Choose a new password" in page.forms[0].submit(status=303).follow()
    # Another browser knows none of these codes: it is told how long to wait.
    form = site.visitor().get("/forgotten").forms[0]
    form["address"] = ADDRESS
    assert "start page" in form.submit(status=429)
