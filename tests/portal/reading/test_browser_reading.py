# ruff: noqa: E501  (letters and long calls)
"""The pages of a message in real Chromium: the frame shows its pictures, links and downloads work."""

import base64
import os
import re
import threading
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from waitress.server import create_server

from sealgate_delivery import copies
from sealgate_delivery.store import Copy, database, now
from sealgate_portal import application, sessions

pytestmark = pytest.mark.browser
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
BOB = "bob@outside.test"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
LETTER = """<html><body bgcolor="#ffffff"><script>document.title='RAN'</script>
<table width="600" cellpadding="12"><tr><td bgcolor="#0b5c70" style="color:#ffffff"><h2>Acme Clinic</h2></td></tr>
<tr><td style="font-family:Georgia,serif"><p>Dear Mr Example,</p><p>the results of your blood test of 3 November have come
in. <b>All values are in the normal range.</b></p><table border="1" cellpadding="6" style="border-collapse:collapse">
<tr><th>Value</th><th>Result</th><th>Normal</th></tr><tr><td>Haemoglobin</td><td>14.8 g/dl</td><td>13.5-17.5</td></tr>
<tr><td>Glucose</td><td>88 mg/dl</td><td>70-99</td></tr></table><p>Read more at <a href="https://clinic.test/results">our
page</a>.</p><p><img src="cid:logo@acme" width="60" height="60" alt="Logo"></p><p>Kind regards<br>Jane Roe, MD</p>
<img src="http://evil.test/pixel.gif" width="1" height="1"></td></tr></table></body></html>"""


def letter(subject: str = "Your blood test of 3 November") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Dr Jane Roe <jane@acme.test>"
    message["To"] = BOB
    message["Subject"] = subject
    message.set_content("Dear Mr Example,\n\nall values are in the normal range: https://clinic.test/results.\n\nJane Roe")
    message.add_alternative(LETTER, subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<logo@acme>")
    message.add_attachment(b"%PDF-1.4 x", maintype="application", subtype="pdf", filename="Laboratory report.pdf")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="scan of the form, page 1.png")
    message.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="viewer.pdf.exe")
    return bytes(message)


def with_cookie(portal):
    """Let a browser fetch its session cookie at `/give/TOKEN`: Chromium takes `__Host-` only from an answer."""
    def wsgi(environ, start_response):
        token = environ["PATH_INFO"].removeprefix("/give/")
        if token == environ["PATH_INFO"]:
            return portal(environ, start_response)
        cookie = f"{sessions.COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"
        start_response("200 OK", [("Set-Cookie", cookie), ("Content-Type", "text/plain")])
        return [b"ok"]
    return wsgi


@pytest.fixture
def served(cloud):
    """The portal on a loopback port; `localhost` may keep Secure cookies without TLS."""
    server = create_server(lambda *_: [], host="127.0.0.1", port=0, threads=4)
    cloud.parameters["portal_url"] = f"http://localhost:{server.effective_port}"
    server.application = with_cookie(application.build(cloud.parameters))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield cloud
    server.close()
    thread.join(5)


@pytest.fixture
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


def visitor(chromium, cloud, scheme="light", width=1280, **session):
    """Return a page of a browser that holds the session."""
    app = cloud.browser(BOB, **session)
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    token = app.cookies[sessions.COOKIE].strip('"')
    page.goto(f"{cloud.parameters['portal_url']}/give/{token}")
    return page


def many(cloud):
    """Fill the inbox with messages in every state; return some of them by name."""
    kinds = {"read": "Your blood test of 3 November", "fresh": "Appointment on Monday", "recalled": "Wrong patient",
             "expired": "Old", "strong": "Contract", "locked": "Locked"}
    found = {
        kind: cloud.deposit(letter(subject), BOB, tenant="sealed" if kind == "locked" else "acme",
                            level=2 if kind == "strong" else 1)[0]
        for kind, subject in kinds.items()}
    copies.mark_opened([found["read"].id, found["expired"].id])
    copies.recall(found["recalled"], cloud.parameters["blobs"])
    Copy.update(expires=now() - 90000).where(Copy.id == found["expired"].id).execute()
    return found


def test_the_frame_shows_the_letter_and_nothing_else(served, chromium, tmp_path):
    copy = many(served)["read"]
    page = visitor(chromium, served)
    foreign = []
    page.context.route(re.compile("^(?!http://localhost:|data:)"), lambda route: (foreign.append(route.request.url), route.abort()))
    page.goto(f"{served.parameters['portal_url']}/m/{copy.id}")
    frame = page.frame_locator("iframe")
    assert frame.locator("img[alt=Logo]").bounding_box()["width"] == 60
    inside = page.frames[1]
    assert inside.title() != "RAN"
    assert frame.locator("td[bgcolor]").first.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(11, 92, 112)"
    assert foreign == []
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="our").click()
    opened.value.wait_for_timeout(100)
    assert foreign == ["https://clinic.test/results"]
    with page.expect_download() as saving:
        page.get_by_role("button", name="Download Laboratory report.pdf").click()
    assert saving.value.suggested_filename == "Laboratory report.pdf"
    assert Path(saving.value.path()).read_bytes() == b"%PDF-1.4 x"
    with page.expect_download() as saving:
        page.get_by_role("button", name="Download message").click()
    assert saving.value.suggested_filename == "Your blood test of 3 November.eml"
    with database.connection_context() if database.is_closed() else database.atomic():
        assert Copy.get_by_id(copy.id).downloaded


def test_reply_with_a_file(served, chromium):
    copy = many(served)["read"]
    page = visitor(chromium, served, width=390)
    page.goto(f"{served.parameters['portal_url']}/m/{copy.id}")
    page.get_by_role("link", name="Reply securely").click()
    page.get_by_label("Your message").fill("Thank you")
    page.get_by_label("Files").set_input_files([{"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x" * 700_000}])
    page.get_by_role("button", name="Send securely").click()
    assert "on its way" in page.locator("#sent").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(served, chromium, scheme):
    """axe finds nothing on any page, and no page scrolls sideways. `SEALGATE_SHOTS=folder` keeps pictures."""
    from axe_playwright_python.sync_playwright import Axe

    found, base = many(served), served.parameters["portal_url"]
    shots = os.environ.get("SEALGATE_SHOTS")
    for width in (390, 1280):
        page = visitor(chromium, served, scheme, width, links=(found["strong"],))
        for name, path in {
            "inbox": "/inbox", "message": f"/m/{found['read'].id}", "text": f"/m/{found['read'].id}?view=text",
            "reply": f"/m/{found['read'].id}/reply", **{f"answer-{n}": f"/m/{c.id}" for n, c in found.items() if n != "read"},
        }.items():
            page.goto(base + path)
            if shots:
                page.screenshot(path=f"{shots}/{name}-{scheme}-{width}.png", full_page=True)
            result = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
            assert result.violations_count == 0, f"{name} {width}: {result.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} {width} scrolls sideways"
        page.context.close()
