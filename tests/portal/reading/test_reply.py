"""Answering: what arrives at the sender's gateway, limits, double clicks, a session that ended, memory only."""

import io
import tempfile
from email import message_from_bytes
from email.policy import default

import pytest
from webtest import Upload

from sealgate_delivery import outbox_rows
from sealgate_delivery.store import Copy, Outbox, Session
from sealgate_portal.views import reply

BOB = "bob@outside.test"


@pytest.fixture
def opened(cloud, account):
    (copy,) = cloud.deposit(cloud.confidential(), BOB)
    browser = cloud.browser(BOB, account=account(BOB, "Bob Öst"))
    browser.get(f"/m/{copy.id}").forms[1].submit()
    return copy, browser, browser.get(f"/m/{copy.id}/reply").forms[1]


def sent(cloud):
    rows = Outbox.select().where(Outbox.kind == "reply")
    return [(row, message_from_bytes(outbox_rows.payload(
        row, cloud.parameters["transit_keys"], cloud.parameters["blobs"]), policy=default)) for row in rows]


def test_reply_with_files_reaches_the_outbox(cloud, opened):
    copy, browser, form = opened
    form["text"] = "Thank you\r\nBcc: x@evil.test\r\n.\r\nGrüße"
    fields = [(name, value) for name, value in form.submit_fields() if name != "file"]
    uploads = [("file", "../plan\u202e.pdf", b"%PDF marker", "application/pdf"), ("file", "b.txt", b"hello")]
    answer = browser.post(f"/m/{copy.id}/reply", fields, upload_files=uploads)
    assert answer.status_int == 303
    assert "on its way" in answer.follow()
    ((row, mail),) = sent(cloud)
    assert (row.path, row.deadline, row.recipient) == ("direct", 0, "jane@acme.test")
    assert mail["To"] == "jane@acme.test"
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Re: Results"
    assert mail["In-Reply-To"] == "<m1@acme.test>"
    assert mail["Message-ID"].startswith("<sealgate.")
    assert "Bob Öst" in str(mail["From"])
    assert mail.get_body().get_content().replace("\r\n", "\n").startswith("Thank you\nBcc: x@evil.test\n.\nGrüße")
    files = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert files == {"plan.pdf": b"%PDF marker", "b.txt": b"hello"}
    assert Copy.get_by_id(copy.id).replied


def test_two_clicks_send_one_reply(cloud, opened):
    _, _, form = opened
    form["text"] = "Once"
    assert form.submit().status_int == 303
    assert form.submit().status_int == 303
    assert len(sent(cloud)) == 1


@pytest.mark.parametrize("case", ["nothing", "too large", "too many"])
def test_what_cannot_be_sent_comes_back_with_its_text(cloud, opened, monkeypatch, case):
    _, _, form = opened
    monkeypatch.setattr(reply, "MOST_OCTETS", 1000)
    monkeypatch.setattr(reply, "MOST_FILES", 0 if case == "too many" else 5)
    if case != "nothing":
        form["text"] = "Typed <b>text</b>"
        form["file"] = [Upload("a.bin", b"x" * 1001, "application/octet-stream")]
    page = form.submit(expect_errors=True)
    assert page.status_int == 422
    assert page.html.find(id="problem")
    assert page.forms[1]["text"].value == ("" if case == "nothing" else "Typed <b>text</b>")
    assert not sent(cloud)


def test_typed_text_waits_behind_the_sign_in(cloud, opened):
    _, _, form = opened
    form["text"] = "Long and carefully typed"
    Session.delete().execute()
    page = form.submit(expect_errors=True)
    assert "Long and carefully typed" in page.text
    assert not sent(cloud)


def test_uploads_stay_in_memory(cloud, opened, monkeypatch):
    """Neither the request nor a form part is ever given to a temporary file, at whatever size."""
    def refuse(*_args, **_keywords):
        raise AssertionError("clear text would go to a disk")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    _, _, form = opened
    form["text"] = "A large file comes along"
    form["file"] = [Upload("a.bin", b"marker" * 500_000, "application/octet-stream")]
    assert form.submit().status_int == 303
    ((row, mail),) = sent(cloud)
    assert row.blob
    (part,) = mail.iter_attachments()
    assert io.BytesIO(part.get_payload(decode=True)).read(6) == b"marker"
