"""The way in, in a real browser over TLS: with and without scripts, at phone and desktop width, by axe."""

import pytest

from sealgate_delivery import store

pytestmark = pytest.mark.browser
PASSWORD = "seven quiet herons drift"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_register_with_script_in_three_interactions(site, copy, address, chromium, look, scheme):
    reference, key = site.notice(copy)
    page = chromium.new_context(ignore_https_errors=True, color_scheme=scheme).new_page()
    problems = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/n/{reference}#{key.replace('-', '')}")
    look(page, f"notice-{scheme}")
    page.get_by_role("button", name="Open", exact=True).click()
    page.wait_for_selector("#code")
    assert page.url.endswith("#" + key.replace("-", ""))
    look(page, f"register-{scheme}")
    page.fill("#code", site.codes()[-1])
    page.fill("#name", "Maria Poe")
    page.fill("#password", "too short")
    page.get_by_role("button", name="Create account and read").click()
    page.wait_for_selector("#password-error")
    look(page, f"weak-{scheme}")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#message")
    assert key.replace("-", "") not in page.url
    for path in ("", "/genuine", "/sign-in", "/forgotten", "/new-password"):
        page.goto(address + path)
        look(page, f"{path.strip('/') or 'front'}-{scheme}")
    page.goto(address + "/nothing")
    look(page, f"not-found-{scheme}")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("text=You are signed out")
    look(page, f"signed-out-{scheme}")
    assert not [text for text in problems if "404" not in text and "422" not in text]


def press(page, name, role="button"):
    """Press what leads to a page, and wait for that page: a click returns before the answer is parsed."""
    with page.expect_navigation():
        page.get_by_role(role, name=name, exact=True).click()


def paste(page, site, copy, address):
    """Open a notice as one must without a script: by its key."""
    reference, key = site.notice(copy)
    page.goto(f"{address}/n/{reference}")
    page.fill("#paste", f"> Key: {key}")
    press(page, "Open")


def test_the_whole_way_without_script_where_registration_is_optional(site, free, address, chromium):
    page = chromium.new_context(ignore_https_errors=True, java_script_enabled=False).new_page()
    page.goto(f"{address}/n/{site.notice(free)[0]}")
    press(page, "Open")
    assert page.locator("h1").inner_text() == "The key is missing"
    paste(page, site, free, address)
    page.fill("#code", "1111 1111" if site.codes()[-1] != "1111 1111" else "2222 2222")
    press(page, "Read")
    assert "not the code" in page.locator("#problem").inner_text()
    page.fill("#code", site.codes()[-1])
    press(page, "Read")
    assert page.locator("#message").count() == 1
    assert store.Copy.get_by_id(free.id).state == "opened"
    press(page, "Plain text", "link")
    assert "42-MARKER" in page.locator(".text").inner_text()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Download values.csv", exact=True).click()
    assert saving.value.suggested_filename == "values.csv"
    press(page, "Reply securely", "link")
    page.fill("#text", "Thank you")
    page.set_input_files("#file", [{"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x" * 70_000}])
    press(page, "Send securely")
    assert "on its way" in page.locator("#sent").inner_text()
    press(page, "Next time without a code")
    assert page.locator("#remembered").count() == 1
    # Another day: the remembered device reads at once, two presses from the notice.
    page.context.clear_cookies(name="__Host-sealgate")
    paste(page, site, site.deposit("Maria.Poe@outside.test", tenant="open")[0], address)
    assert page.locator("#message").count() == 1 and len(site.codes()) == 1
    press(page, "Inbox", "link")
    assert page.locator(".item").count() == 2
    press(page, "Sign out")
    assert "signed out" in page.locator("h1").inner_text()


def test_forgotten_password_and_sign_in_without_script(site, copy, registered, address, chromium):
    page = chromium.new_context(ignore_https_errors=True, java_script_enabled=False).new_page()
    page.goto(address + "/forgotten")
    page.fill("#address", "Maria.Poe@outside.test")
    press(page, "Mail me a code")
    page.fill("#code", site.codes()[-1])
    press(page, "Continue")
    page.fill("#password", "nine other otters sing low")
    press(page, "Show the password")
    assert page.locator("#password").get_attribute("type") == "text"
    press(page, "Save and show my messages")
    assert page.locator(".item").count() == 1
    press(page, "Sign out")
    paste(page, site, copy, address)
    assert page.locator("h1").inner_text() == "Show that it is you"
    page.fill("#address", "Maria.Poe@outside.test")
    page.fill("#password", "nine other otters sing low")
    press(page, "Read")
    assert page.locator("#message").count() == 1
