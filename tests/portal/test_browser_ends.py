"""The pages that people see when something is not as it should be, in a real browser at phone and desktop width."""

import pytest

from sealgate_delivery import copies
from sealgate_delivery.store import Copy, Session, Throttle, now
from sealgate_portal.views import front

pytestmark = pytest.mark.browser
ADDRESS = "Maria.Poe@outside.test"
PASSWORD = "seven quiet herons drift"


@pytest.fixture
def window(chromium):
    """Return a function that makes a browser nobody has used."""
    return lambda **more: chromium.new_context(ignore_https_errors=True, **more).new_page()


@pytest.fixture
def enter(site, address):
    """Return a function that signs Maria in by her password."""
    def _enter(page) -> None:
        page.goto(address + "/sign-in")
        page.fill("#address", ADDRESS)
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
    return _enter


def link(site, copy, address):
    reference, key = site.notice(copy)
    return f"{address}/n/{reference}#{key.replace('-', '')}"


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def press_with_file(page, size: int) -> None:
    page.set_input_files("#file", [{"name": "scan.pdf", "mimeType": "application/pdf", "buffer": bytes(size)}])
    press(page, "Send securely")


def test_choice_of_a_method_and_code(site, copy, registered, address, window, look):
    page = window()
    page.goto(link(site, copy, address))
    press(page, "Open")
    page.wait_for_selector("text=Show that it is you")
    look(page, "method")
    press(page, "Mail me a code instead")
    page.wait_for_selector("#code")
    look(page, "code-with-password")
    page.fill("#code", "0000 0000")
    press(page, "Read")
    page.wait_for_selector("#problem")
    look(page, "code-wrong")
    page.fill("#code", site.codes()[-1])
    press(page, "Read")
    page.wait_for_selector("#message")
    assert page.get_by_role("button", name="Next time without a code").count() == 0


def test_key_missing_and_wrong(site, copy, address, window, look, seal_text):
    page = window()
    reference, _ = site.notice(copy)
    page.goto(f"{address}/n/{reference}")
    press(page, "Open")
    page.wait_for_selector("text=The key is missing")
    look(page, "key-missing")
    page.fill("#mail", f"Key: {seal_text}")
    press(page, "Open")
    page.wait_for_selector("text=This key does not fit")
    look(page, "key-wrong")


def test_over_and_continue(site, copy, registered, address, window, look, enter):
    page = window()
    page.goto(link(site, copy, address))
    press(page, "Open")
    press(page, "Mail me a code instead")
    page.wait_for_selector("#code")
    Session.update(seen=now() - 4000).execute()
    page.fill("#code", "1234 5678")
    press(page, "Read")
    page.wait_for_selector("text=Please start again")
    look(page, "over")
    page.context.clear_cookies()
    enter(page)
    page.goto(f"{address}/m/{copy.id}/reply")
    page.fill("#text", "Thank you, I shall come on Monday.\n\nMaria Poe")
    Session.update(seen=now() - 4000).execute()
    press(page, "Send securely")
    page.wait_for_selector("text=Your session is over")
    look(page, "sign-in-carrying")
    page.fill("#address", ADDRESS)
    page.fill("#password", PASSWORD)
    press(page, "Sign in")
    page.wait_for_selector("text=Your text is still here")
    look(page, "continue")
    press(page, "Send")
    page.wait_for_selector("#sent")
    look(page, "sent")


def test_forgotten_code_and_new_password(site, copy, registered, address, window, look):
    page = window()
    page.goto(address + "/forgotten")
    page.fill("#address", "Maria")
    page.evaluate("document.querySelector('form').noValidate = true")
    press(page, "Mail me a code")
    page.wait_for_selector("#problem")
    look(page, "forgotten-wrong")
    page.fill("#address", ADDRESS)
    press(page, "Mail me a code")
    page.wait_for_selector("#code")
    look(page, "forgotten-code")
    page.fill("#code", site.codes()[-1])
    press(page, "Continue")
    page.wait_for_selector("text=Choose a new password")
    look(page, "new-password")


def test_new_notice_and_broken(site, copy, registered, address, window, look, enter):
    page = window()
    enter(page)
    from sealgate_delivery.store import Tenant, Wrap

    locked = site.deposit(ADDRESS)[0]
    Wrap.delete().where(Wrap.copy == locked, Wrap.kind != "link").execute()
    page.goto(f"{address}/m/{locked.id}")
    look(page, "locked")
    press(page, "Mail me a new notice")
    page.wait_for_selector("text=Only the sender can do that")
    look(page, "new-notice-refused")
    service = site.deposit(ADDRESS, tenant="open")[0]
    Wrap.delete().where(Wrap.copy == service, Wrap.kind == "address").execute()
    assert Tenant.get_by_id("open").sealing == "service"
    page.goto(f"{address}/m/{service.id}")
    page.evaluate(f"""() => {{ const form = document.querySelector('main form');
        form.action = '/m/{service.id}/new-notice'; form.submit(); }}""")
    page.wait_for_selector("text=A new notice is on its way")
    look(page, "new-notice")
    blob = next(site.keys.blobs.rglob(copy.body_id))
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    page.goto(f"{address}/m/{copy.id}")
    page.wait_for_selector("text=This message cannot be opened")
    look(page, "broken")


def test_recalled(site, free, address, window, look):
    where = link(site, free, address)
    copies.recall(free, site.keys.blobs)
    page = window()
    page.goto(where)
    press(page, "Open")
    page.wait_for_selector("text=The sender has taken this message back")
    look(page, "recalled")


def test_refused_forms(site, copy, registered, address, window, look, enter):
    page = window()
    enter(page)
    page.goto(f"{address}/m/{copy.id}/reply")
    page.fill("#text", "Thank you, I shall come on Monday, as you have asked me to.")
    page.context.clear_cookies(name="__Host-sealgate-form")
    press(page, "Send securely")
    page.wait_for_selector("text=Please send that again")
    look(page, "stale-form")
    press(page, "Continue")
    page.wait_for_selector("#sent")
    page.goto("about:blank")
    page.set_content(f'<form method="post" action="{address}/sign-in"><button>Go</button></form>')
    press(page, "Go")
    page.wait_for_selector("text=This form was not taken")
    look(page, "foreign-form")


def test_too_large_too_many_and_our_fault(site, copy, registered, address, window, look, enter, monkeypatch):
    page = window()
    enter(page)
    page.goto(f"{address}/m/{copy.id}/reply")
    page.fill("#text", "See the file")
    press_with_file(page, 22_000_000)
    page.wait_for_selector("#problem")
    look(page, "files-too-large")
    monkeypatch.setitem(site.parameters, "message_size_limit", 1 << 20)
    press_with_file(page, 3_000_000)
    page.wait_for_selector("text=That is too large")
    look(page, "too-large")
    page = window()
    Throttle.create(subject=f"password-address:{ADDRESS}", count=12, since=now())
    enter(page)
    page.wait_for_selector("text=Please wait")
    look(page, "too-many-passwords")
    Throttle.create(subject=f"code-mail:{ADDRESS}", count=3, since=now())
    page.goto(address + "/forgotten")
    page.fill("#address", ADDRESS)
    press(page, "Mail me a code")
    page.wait_for_selector("text=Please wait")
    look(page, "too-many-codes")
    monkeypatch.setattr(front, "database", None)
    page.goto(address + "/healthz")
    monkeypatch.undo()
    look(page, "failed")


def test_offer_to_remember_the_device(site, free, address, window, look):
    page = window()
    page.goto(link(site, free, address))
    press(page, "Open")
    page.wait_for_selector("#code")
    look(page, "code-free")
    page.fill("#code", site.codes()[-1])
    press(page, "Read")
    page.wait_for_selector("#message")
    look(page, "offer")
    press(page, "Next time without a code")
    page.wait_for_selector("#remembered")
    look(page, "remembered")
    assert Copy.get_by_id(free.id).state == "opened"
