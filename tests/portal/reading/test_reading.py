"""Reading a copy through the front door: pages, downloads, states, and what GET must not change."""

import base64
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from sealgate_delivery import copies
from sealgate_delivery.store import Copy, Outbox, Wrap, now

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
BOB = "bob@outside.test"


def mail(html: str | None = None, text: str = "Your results are fine.", subject: str = "Results") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Jane Roe <jane@acme.test>"
    message["To"] = BOB
    message["Subject"] = subject
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
        message.get_payload()[1].add_related(PNG, "image", "png", cid="<pic@x>")
    message.add_attachment(b"%PDF-1.4 secret", maintype="application", subtype="pdf", filename="../Käse\u202efdp.pdf")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="scan.png")
    return bytes(message)


@pytest.fixture
def read_copy(cloud):
    (copy,) = cloud.deposit(mail('<p>Hello <b>Bob</b> <img src="cid:pic@x"></p>'), BOB)
    browser = cloud.browser(BOB, links=(copy,))
    page = browser.get(f"/m/{copy.id}")
    show(page).submit()
    return copy, browser


def show(page):
    return next(form for form in page.forms.values() if form.action.endswith("/read"))


def test_unopened_message_shows_a_button_and_get_opens_nothing(cloud, dump):
    (copy,) = cloud.deposit(mail(), BOB)
    browser = cloud.browser(BOB, links=(copy,))
    before = dump()
    for path in ("", "/html", "/cid/2", "/part/2", "/part/999", "/eml", "/reply"):
        for method in ("get", "head"):
            answer = getattr(browser, method)(f"/m/{copy.id}{path}", expect_errors=True)
            assert b"results are fine" not in answer.body
            assert answer.status_int == (200 if path == "" else 303)
    browser.get("/inbox")
    assert dump() == before
    page = browser.get(f"/m/{copy.id}")
    assert "Results" in page
    assert show(page).submit().status_int == 303
    assert Copy.get_by_id(copy.id).state == "opened"
    assert "results are fine" in browser.get(f"/m/{copy.id}")


def test_message_page_and_its_parts(read_copy):
    copy, browser = read_copy
    page = browser.get(f"/m/{copy.id}")
    frame = page.html.find("iframe")
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    document = browser.get(frame["src"])
    assert document.content_type == "text/html"
    assert "<b>Bob</b>" in document
    assert 'src="data:image/png;base64,' in document
    policy = document.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert document.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "results are fine" in browser.get(f"/m/{copy.id}?view=text")
    names = [tag.get_text() for tag in page.html.select(".files strong")]
    assert names == ["Käsefdp.pdf", "scan.png"], "the picture in the text is not listed again"


def test_downloads_are_noted_by_post_and_never_shown(read_copy, dump):
    copy, browser = read_copy
    page = browser.get(f"/m/{copy.id}")
    form = next(form for form in page.forms.values() if "/part/" in form.action)
    before = dump()
    browser.get(form.action)
    browser.head(form.action)
    assert dump() == before
    answer = form.submit()
    assert answer.status_int == 303
    assert Copy.get_by_id(copy.id).downloaded
    file = answer.follow()
    assert file.body == b"%PDF-1.4 secret"
    assert file.content_type == "application/pdf"
    assert file.headers["Content-Disposition"] == (
        "attachment; filename=\"Kasefdp.pdf\"; filename*=UTF-8''K%C3%A4sefdp.pdf")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Security-Policy"].endswith("sandbox")
    assert file.headers["Cache-Control"] == "no-store"
    eml = browser.get(f"/m/{copy.id}/eml")
    assert eml.body.startswith(b"From: Jane Roe")
    assert eml.headers["Content-Disposition"].startswith("attachment; filename=\"Results.eml\"")
    assert browser.get(f"/m/{copy.id}/part/999", status=404)


def test_gets_change_nothing(read_copy, dump):
    copy, browser = read_copy
    before = dump()
    for path in ("", "?view=text", "/html", "/cid/3", "/part/4", "/part/5", "/eml", "/reply"):
        for method in ("get", "head"):
            getattr(browser, method)(f"/m/{copy.id}{path}", expect_errors=True)
    browser.get("/inbox?page=7")
    assert dump() == before


def test_only_pictures_are_served_inline(read_copy):
    copy, browser = read_copy
    content = browser.get(f"/m/{copy.id}").html.select(".files img")
    assert len(content) == 1
    picture = browser.get(content[0]["src"])
    assert picture.content_type == "image/png"
    for number in range(8):
        answer = browser.get(f"/m/{copy.id}/cid/{number}", expect_errors=True)
        assert answer.status_int == 404 or answer.content_type == "image/png"


def test_hostile_text_and_subject_are_text(cloud):
    bad = "<script>alert(1)</script> http://x.test/?a=1&b=\"> javascript:alert(1)"
    (copy,) = cloud.deposit(mail(text=bad, subject="<img src=x onerror=alert(1)>"), BOB)
    browser = cloud.browser(BOB, links=(copy,))
    page = show(browser.get(f"/m/{copy.id}")).submit().follow()
    assert not page.html.find_all("script")
    assert not page.html.select("img[onerror]")
    assert [a["href"] for a in page.html.select(".text a")] == ["http://x.test/?a=1&b="]
    assert "<img src=x onerror=alert(1)>" in browser.get("/inbox").html.select_one(".subject").get_text()


def test_unreadable_message_is_offered_as_a_file(cloud):
    raw = b"Subject: Deep\r\nContent-Type: multipart/mixed; boundary=a0\r\n\r\n"
    raw += b"".join(b"--a%d\r\nContent-Type: multipart/mixed; boundary=a%d\r\n\r\n" % (n, n + 1) for n in range(60))
    (copy,) = cloud.deposit(raw, BOB)
    browser = cloud.browser(BOB, links=(copy,))
    page = show(browser.get(f"/m/{copy.id}")).submit().follow()
    assert "cannot be shown here" in page
    assert browser.get(f"/m/{copy.id}/eml").body == raw


def test_inbox_pages_states_and_locks(cloud):
    made = [cloud.deposit(mail(subject=f"Subject {n}"), BOB)[0] for n in range(22)]
    (locked,) = cloud.deposit(mail(subject="Hidden marker"), BOB, tenant="sealed")
    copies.recall(made[0], cloud.parameters["blobs"])
    browser = cloud.browser(BOB)
    first, second = browser.get("/inbox"), browser.get("/inbox?page=2")
    text = first.text + second.text
    assert "Page 1 of 2" in first
    assert "Hidden marker" not in text
    assert "Subject 21" in text
    assert "Taken back" in text
    assert "Subject 0<" not in text
    page = browser.get(f"/m/{locked.id}", status=403)
    assert "This message is locked" in page
    assert "Hidden marker" not in page
    holder = cloud.browser(BOB, links=(locked,))
    assert "Hidden marker" in holder.get("/inbox").text + holder.get("/inbox?page=2").text
    for query in ("0", "-1", "x", "99999999999", "²"):
        browser.get("/inbox", {"page": query})


def test_answer_pages_have_ways_out(cloud):
    recalled, expired, strong = (cloud.deposit(mail(), BOB, level=n)[0] for n in (1, 1, 2))
    copies.recall(recalled, cloud.parameters["blobs"])
    Copy.update(expires=now() - 5).where(Copy.id == expired.id).execute()
    browser = cloud.browser(BOB, links=(strong,))
    for copy, status, words in ((recalled, 410, "taken this message back"), (expired, 410, "has expired"),
                                (strong, 403, "Show that it is you")):
        page = browser.get(f"/m/{copy.id}", status=status)
        assert words in page
        assert page.html.select(".ways a, .ways button")
        assert "Results" not in page
        for path in ("/html", "/part/3", "/eml", "/cid/3", "/reply"):
            assert b"results are fine" not in browser.get(f"/m/{copy.id}{path}", status=status).body


def test_link_without_proof_is_asked_for_proof(cloud):
    (copy,) = cloud.deposit(mail(), BOB)
    page = cloud.browser(links=(copy,)).get(f"/m/{copy.id}", status=403)
    assert "Mail me a code" in page


def test_damaged_body_says_so(cloud, read_copy):
    copy, browser = read_copy
    for path in cloud.parameters["blobs"].rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-40])
    assert "cannot be opened" in browser.get(f"/m/{copy.id}", status=500)


def test_reading_by_link_heals(cloud, account):
    (copy,) = cloud.deposit(mail(), BOB, tenant="sealed")
    opened = account(BOB)
    browser = cloud.browser(BOB, links=(copy,), account=opened)
    show(browser.get(f"/m/{copy.id}")).submit()
    assert Wrap.select().where(Wrap.copy == copy, Wrap.kind == "address").count() == 1
    assert "Results" in cloud.browser(BOB, account=opened).get(f"/m/{copy.id}")


def test_new_notice(cloud):
    (service,) = cloud.deposit(mail(), BOB)
    (sealed,) = cloud.deposit(mail(), BOB, tenant="sealed")
    browser = cloud.browser(BOB)
    token = browser.get("/inbox").forms[0]["csrf"].value
    mails = Outbox.select().count()
    assert "on its way" in browser.post(f"/m/{service.id}/new-notice", {"csrf": token})
    assert Outbox.select().count() == mails + 1
    assert "Only the sender can" in browser.post(f"/m/{sealed.id}/new-notice", {"csrf": token})
    assert Outbox.select().count() == mails + 1
