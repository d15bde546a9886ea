"""The way in, in a real browser over TLS: with and without scripts, at phone and desktop width, by axe."""

import os
import threading
from pathlib import Path

import pytest
import trustme
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from sealgate_delivery import store
from sealgate_portal import server

pytestmark = pytest.mark.browser
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP portal.test 127.0.0.1"]
PASSWORD = "seven quiet herons drift"


@pytest.fixture
def address(site, tmp_path, monkeypatch):
    """The URL of a portal that listens."""
    issued = trustme.CA().issue_cert("portal.test")
    issued.private_key_pem.write_to_path(tmp_path / "tls.key")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "tls.pem")
    outside = server.listen("127.0.0.1:0")
    port = outside.getsockname()[1]
    url = f"https://portal.test:{port}"
    monkeypatch.setattr(server.application, "connect", lambda _: None)
    monkeypatch.setattr(server, "listen", lambda _: outside)
    site.parameters["portal_url"] = url
    portal = server.Portal(site.parameters | {
        "portal_tls_certificate": str(tmp_path / "tls.pem"), "portal_tls_key": str(tmp_path / "tls.key")})
    threading.Thread(target=portal.run, daemon=True).start()
    yield url
    portal.terminator.stop()
    portal.server.close()


@pytest.fixture
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


def look(page, name: str) -> None:
    """No violation of WCAG 2.2 AA, nothing wider than the window; keep a picture where SEALGATE_PICTURES says."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name} at {width}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if os.environ.get("SEALGATE_PICTURES"):
            page.screenshot(path=Path(os.environ["SEALGATE_PICTURES"]) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_register_with_script_in_three_interactions(site, copy, address, chromium, scheme):
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


def test_without_script_and_without_the_fragment(site, free, address, chromium):
    reference, key = site.notice(free)
    page = chromium.new_context(ignore_https_errors=True, java_script_enabled=False).new_page()
    page.goto(f"{address}/n/{reference}")
    page.fill("#paste", f"> Key: {key}")
    page.get_by_role("button", name="Open", exact=True).click()
    page.fill("#code", site.codes()[-1])
    page.get_by_role("button", name="Read").click()
    assert page.locator("#message").count() == 1
    assert store.Copy.get_by_id(free.id).state == "opened"
