"""Real Chromium against hostile HTML: the sanitiser alone, and the frame's policy alone, let nothing run or fetch."""

import importlib.util
from pathlib import Path

import pytest

from sealgate_portal.content import Content, Piece
from sealgate_portal.frame import POLICY, document

pytestmark = pytest.mark.browser
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
RUNS = "<p>x<script>document.title='RAN'</script><img src=http://evil.test/x onerror=\"document.title='RAN'\">"


def corpus() -> list:
    """Return the attacks of test_sanitise.py."""
    place = Path(__file__).with_name("test_sanitise.py")
    spec = importlib.util.spec_from_file_location("sanitise_corpus", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.HOSTILE


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


def visit(chromium, pages: list, headers: dict) -> tuple[list, list]:
    """Show each page; return the requests to anywhere else, and the pages on which a script ran."""
    context = chromium.new_context()
    page = context.new_page()
    served, foreign, ran = {f"http://mail.test/{n}": text for n, text in enumerate(pages)}, [], []

    def answer(route):
        url = route.request.url
        if url in served:
            route.fulfill(body=served[url], content_type="text/html; charset=utf-8", headers=headers)
        else:
            foreign.append(url)
            route.abort()

    context.route("**/*", answer)
    page.on("dialog", lambda dialog: (ran.append(dialog.page.url), dialog.dismiss()))
    for url in served:
        page.goto(url)
        if page.title() == "RAN":
            ran.append(url)
    page.wait_for_timeout(200)
    context.close()
    return [url for url in foreign if not url.endswith("/favicon.ico")], ran


def test_the_witness_sees_what_raw_html_does(chromium):
    foreign, ran = visit(chromium, [f"<html><body>{html}" for html in [RUNS, *corpus()[:6]]], {})
    assert foreign
    assert ran


def test_sanitised_html_runs_and_fetches_nothing_even_without_a_policy(chromium):
    pages = [document(Content(b"", pieces=[Piece(html=html)]))[0] for html in [RUNS, *corpus()]]
    assert visit(chromium, pages, {}) == ([], [])


def test_the_policy_alone_lets_nothing_run_or_fetch(chromium):
    # A meta refresh navigates the frame, which no policy forbids: that one is the sanitiser's alone.
    pages = [f"<html><body>{html}" for html in [RUNS, *corpus()] if "http-equiv" not in html]
    policy = POLICY.replace("frame-ancestors 'self'; ", "")
    assert visit(chromium, pages, {"Content-Security-Policy": policy}) == ([], [])
