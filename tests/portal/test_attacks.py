"""What strangers, programs and other sites try, and what must come of it."""

import re
import statistics
import time

import pytest

from sealgate_delivery.store import Account, Code, Copy, Session, SessionLink, SessionProof
from sealgate_portal import routes

ADDRESS = "Maria.Poe@outside.test"
PASSWORD = "seven quiet herons drift"


def normal(page) -> str:
    """Return the body without what is random in every page."""
    return re.sub(r'value="[0-9a-f]{64}"', "", page.text)


def test_looking_changes_nothing_and_sends_nothing(site, copy, dump):
    reference, _ = site.notice(copy)
    before = dump()
    for _ in range(20):
        for path in ("/", f"/n/{reference}", "/sign-in", "/forgotten", "/genuine", "/inbox", "/open", "/code",
                     "/sign-out", f"/m/{copy.id}", "/new-password", "/healthz"):
            site.visitor("198.51.100.3").get(path, status="*")
            site.visitor("198.51.100.3").head(path, status="*")
    assert dump() == before


def test_a_checker_that_presses_open_twenty_times_spoils_nothing(site, copy):
    for number in range(20):
        site.open(site.visitor(f"198.51.100.{number}"), copy)
    assert len(site.codes()) == 1
    assert Copy.get_by_id(copy.id).state == "noticed"
    assert not SessionProof.select().exists() and not Account.select().exists()
    page = site.open(site.visitor(), copy)
    form = page.forms[0]
    form["code"], form["name"], form["password"] = site.codes()[-1], "Maria", PASSWORD
    assert "Your results" in form.submit(status=303).follow()


def test_the_link_alone_shows_nothing(site, copy):
    browser = site.visitor()
    page = site.open(browser, copy)
    assert ADDRESS not in page and "Your results" not in page
    denied = browser.get(f"/m/{copy.id}", status=403)
    assert "MARKER" not in denied and "Your results" not in denied


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                                     {"Sec-Fetch-Site": "none"}])
def test_forms_of_other_sites_are_refused(site, copy, registered, headers):
    page = registered.get("/inbox")
    token = page.forms[0]["csrf"].value
    registered.post("/sign-out", {"csrf": token}, headers=headers, status=403)
    assert "Your results" in registered.get("/inbox")


def test_origin_decides_where_the_browser_says_no_more(site, registered):
    token = registered.get("/inbox").forms[0]["csrf"].value
    del registered.extra_environ["HTTP_SEC_FETCH_SITE"]
    registered.post("/sign-out", {"csrf": token}, headers={"Origin": "https://evil.test"}, status=403)
    registered.post("/sign-out", {"csrf": token}, headers={"Origin": "https://portal.test.evil.test"}, status=403)
    registered.post("/sign-out", {"csrf": token}, headers={"Origin": "null"}, status=200)


def test_every_post_wants_the_token_and_keeps_typed_text(site, copy, registered):
    for name, pattern in routes.ROUTES:
        path = re.sub(r"\{copy:.*?\}\}?", copy.id, pattern.replace(routes.COPY, copy.id))
        path = re.sub(r"\{part.*", "1", path).replace(routes.REFERENCE, "7KQ2M9XW")
        answer = registered.post(path, {"csrf": "0" * 64, "text": "typed text of some length, more than forty"},
                                 status=403)
        assert "more than forty" in answer, name


def test_cookies_are_host_bound_and_the_token_is_replaced(site, free):
    browser = site.visitor()
    reference, key = site.notice(free)
    form = browser.get(f"/n/{reference}").forms[0]
    form["key"] = key
    page = form.submit(status=303)
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sealgate=") and all(
        word in cookie for word in ("secure", "HttpOnly", "SameSite=Strict", "Path=/")) and "omain" not in cookie
    fixed = browser.cookies["__Host-sealgate"]
    form = page.follow().forms[0]
    form["code"] = site.codes()[-1]
    form.submit(status=303)
    assert browser.cookies["__Host-sealgate"] != fixed
    thief = site.visitor()
    thief.set_cookie("__Host-sealgate", fixed)
    thief.get(f"/m/{free.id}", status=404)


def test_a_stolen_session_table_holds_no_secret(site, copy, registered):
    _, key = site.notice(copy)
    for row in SessionLink.select():
        assert key.replace("-", "").encode() not in bytes(row.sealed)
    assert registered.cookies["__Host-sealgate"] not in {row.id for row in Session.select()}


def test_another_persons_session_gets_what_nobody_gets(site, registered):
    other = site.deposit("someone@else.test")[0]
    mine = registered.get(f"/m/{other.id}", status=404)
    nothing = registered.get("/m/00000000-0000-0000-0000-000000000000", status=404)
    assert normal(mine) == normal(nothing)


def test_forgotten_does_not_tell_who_is_known(site, copy, registered):
    answers = []
    for address in (ADDRESS, "Nobody.One@outside.test"):
        browser = site.visitor()
        form = browser.get("/forgotten").forms[0]
        form["address"] = address
        page = form.submit()
        page.forms[0]["code"] = "1234 5678"
        wrong = page.forms[0].submit(status="*")
        answers.append([(a.status, len(a.headers), normal(a).replace(address, "")) for a in (page, wrong)])
    assert answers[0] == answers[1]
    assert len(site.mails("code", "Nobody.One@outside.test")) == 0 and len(site.codes()) == 2


def test_sign_in_does_not_tell_who_is_known(site, copy, registered):
    seen, times = {}, {}
    for address in (ADDRESS, "Nobody.One@outside.test"):
        for _ in range(4):
            browser = site.visitor()
            form = browser.get("/sign-in").forms[0]
            form["address"], form["password"] = address, "wrong wrong wrong wrong"
            start = time.perf_counter()
            answer = form.submit(status=422)
            times.setdefault(address, []).append(time.perf_counter() - start)
            seen.setdefault(address, set()).add((answer.status, normal(answer).replace(address, "")))
    assert len(set.union(*seen.values())) == 1
    first, second = (statistics.median(values) for values in times.values())
    assert abs(first - second) < 0.05


def test_wrong_passwords_slow_down_and_never_lock(site, copy, registered):
    def sign_in(password):
        form = site.visitor().get("/sign-in").forms[0]
        form["address"], form["password"] = ADDRESS, password
        return form.submit(status="*")
    for _ in range(7):
        answer = sign_in("wrong wrong wrong wrong")
    assert answer.status_int == 429 and "Mail me a code" in answer and int(answer.headers["Retry-After"]) <= 900
    form = site.visitor().get("/forgotten").forms[0]
    form["address"] = ADDRESS
    form.submit(status=200)
    assert len(site.codes()) == 2


def test_codes_cannot_be_tried_out(site, free):
    statuses = []
    for number in range(30):
        browser = site.visitor(f"203.0.113.{number}")
        page = site.open(browser, free)
        page.forms[0]["code"] = f"{number:08d}"
        statuses.append(page.forms[0].submit(status="*").status_int)
    assert statuses[:20] == [422] * 20 and 429 in statuses[20:]
    assert all(row.hashed.isalnum() and len(row.hashed) == 64 for row in Code.select())


def test_three_code_mails_an_hour(site, free):
    browser = site.visitor()
    page = site.open(browser, free)
    for expected in (303, 303, 429):
        answer = page.forms[1].submit(status=expected)
    assert len(site.codes()) == 3 and "within this hour" in answer


@pytest.mark.parametrize("host", ["evil.test", "portal.test.evil.test", "portal.test:8443", "127.0.0.1"])
def test_unknown_hosts_get_nothing(site, host):
    answer = site.visitor().get("/", headers={"Host": host}, status=421)
    assert host not in answer


def test_carried_text_goes_to_own_pages_only(site, registered):
    for target in ("https://evil.test/m/x/reply", "//evil.test", "/sign-out",
                   "/m/00000000-0000-0000-0000-000000000000/reply\n"):
        browser = site.visitor()
        token = browser.get("/sign-in").forms[0]["csrf"].value
        answer = browser.post("/sign-in", {"csrf": token, "address": ADDRESS, "password": PASSWORD,
                                           "carry.to": target, "carry.field.text": "x"}, status=303)
        assert answer.location == "https://portal.test/inbox"


def test_headers_of_every_answer(site):
    for path, status in (("/", 200), ("/nothing", 404), ("/static/portal.css", 200)):
        headers = site.visitor().get(path, status=status).headers
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
        assert "max-age=" in headers["Strict-Transport-Security"]
        assert (headers["Cache-Control"] == "no-store") == (not path.startswith("/static"))


def test_errors_are_pages_without_a_traceback(site, monkeypatch, caplog):
    from sealgate_portal import paste
    monkeypatch.setattr(paste, "secrets_in", lambda text: 1 / 0)
    form = site.visitor().get("/").forms[0]
    form["paste"] = "TOPSECRETPASTE"
    answer = form.submit(status=500)
    assert "Traceback" not in answer and "ZeroDivision" not in answer and "Go to the start page" in answer
    assert "TOPSECRETPASTE" not in caplog.text


def test_too_large_is_a_page(site):
    browser = site.visitor()
    site.parameters["message_size_limit"] = 1000
    token = browser.get("/").forms[0]["csrf"].value
    assert "too large" in browser.post("/open", {"csrf": token, "paste": "x" * (2 << 20)}, status=413)


def test_methods_that_no_page_uses(site):
    browser = site.visitor()
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        browser.request("/", method=method, headers={"Host": "portal.test"}, status=405)
