"""A cloud with one message in its real store, and visitors with browsers of their own (WebTest)."""

import os
import re
import secrets
import threading
import uuid
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
import trustme
from webtest import TestApp

from sealgate_core import seal
from sealgate_delivery import copies, outbox_rows, settings, store
from sealgate_delivery.store import Copy, NoticeCopy, Outbox, Tenant, database
from sealgate_delivery.summary import summarise
from sealgate_portal import application, server

ADDRESS = "Maria.Poe@outside.test"
PASSWORD = "seven quiet herons drift"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf"
                    "c0f01f0005050102cfa02ee20000000049454e44ae426082")
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP portal.test 127.0.0.1"]
KEY = re.compile(rb"Key: ([0-9A-Z-]{34})")


def message() -> bytes:
    """Return a message with text, HTML, an inline picture and an attachment."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = "Jane Roe <jane@acme.test>", ADDRESS, "Your results"
    made["Message-ID"] = "<m1@acme.test>"
    made.set_content("The value is 42-MARKER.")
    made.add_alternative('<p>The value is <b>42-MARKER</b></p><img src="cid:logo" alt="logo">', subtype="html")
    made.get_payload()[1].add_related(PNG, "image", "png", cid="<logo>")
    made.add_attachment(b"one,two\n", maintype="text", subtype="csv", filename="values.csv")
    return bytes(made)


class Site:
    """A running portal: its parameters, application and store, and what the recipient's mailbox got."""

    def __init__(self, parameters: dict) -> None:
        self.parameters = parameters
        self.wsgi = application.build(parameters)
        self.keys = self.wsgi.registry.settings["store_keys"]

    def visitor(self, address: str = "192.0.2.7") -> TestApp:
        """Return a browser that has never been here."""
        return TestApp(self.wsgi, extra_environ={
            "HTTP_HOST": "portal.test", "wsgi.url_scheme": "https", "REMOTE_ADDR": address,
            "HTTP_SEC_FETCH_SITE": "same-origin"})

    def deposit(self, *recipients: str, tenant: str = "acme", raw: bytes = b"") -> list[Copy]:
        """Store a message for `recipients` and let its notices arrive."""
        raw = raw or message()
        made = copies.deposit(copies.Deposit(Tenant.get_by_id(tenant), str(uuid.uuid4()), "0" * 64, "jane@acme.test",
                                             "<m1@acme.test>", raw, summarise(raw), list(recipients)), self.keys)
        copies.mark_noticed([copy.id for copy in made])
        return [Copy.get_by_id(copy.id) for copy in made]

    def mails(self, kind: str, recipient: str = ADDRESS) -> list[bytes]:
        """Return the mails of a kind that were sent, oldest first."""
        self.wsgi.registry.settings["background"].submit(int).result()
        rows = Outbox.select().where(Outbox.kind == kind, Outbox.recipient == recipient).order_by(Outbox.created)
        return [outbox_rows.payload(row, self.parameters["transit_keys"], self.parameters["blobs"]) for row in rows]

    def notice(self, copy: Copy) -> tuple[str, str]:
        """Return the reference and the link secret (as text) in the notice of `copy`."""
        notice = NoticeCopy.get(NoticeCopy.copy == copy).notice
        row = Outbox.get(Outbox.subject_id == notice.id)
        mail = outbox_rows.payload(row, self.parameters["transit_keys"], self.parameters["blobs"])
        return notice.reference, KEY.search(mail)[1].decode()

    def codes(self, recipient: str = ADDRESS) -> list[str]:
        """Return the codes that were mailed."""
        return [re.search(rb"Subject: (\d{4} \d{4})", mail)[1].decode() for mail in self.mails("code", recipient)]

    def open(self, browser: TestApp, copy: Copy, status: int | str = 303):
        """Tap the link and press Open, as the script does it; return the page that comes."""
        reference, key = self.notice(copy)
        form = browser.get(f"/n/{reference}").forms[0]
        form["key"] = key.replace("-", "")
        answer = form.submit(status=status)
        return answer.follow() if status == 303 else answer


@pytest.fixture
def site(tmp_path):
    """A portal whose tenant `acme` asks for registration and whose tenant `open` does not."""
    master = tmp_path / "master.key"
    master.write_bytes(secrets.token_bytes(32))
    master.chmod(0o600)
    parameters = settings.PARAMETERS.check({
        "hostname": "cloud.test", "database": f"sqlite:///{tmp_path}/sealgate.db", "blobs": str(tmp_path / "blobs"),
        "transit_keys": str(tmp_path / "transit"), "master_key": str(master), "notice_from": "notice@portal.test",
        "portal_url": "https://portal.test", "password_memory": 64}, "test")
    store.connect(parameters["database"])
    with database.connection_context():
        for name, registration in (("acme", "required"), ("open", "optional")):
            Tenant.create(name=name, display_name=f"{name.title()} Clinic", contact="+1 555 0100",
                          registration=registration)
        made = Site(parameters)
        yield made
        made.wsgi.registry.settings["background"].shutdown()


@pytest.fixture
def copy(site):
    """A message for ADDRESS from the tenant that asks for registration."""
    return site.deposit(ADDRESS)[0]


@pytest.fixture
def free(site):
    """A message for ADDRESS from the tenant that lets read by code alone."""
    return site.deposit(ADDRESS, tenant="open")[0]


@pytest.fixture
def registered(site, copy):
    """A browser whose owner has registered and read `copy`."""
    browser = site.visitor()
    form = site.open(browser, copy).forms[0]
    form["code"], form["name"], form["password"] = site.codes()[-1], "Maria Poe", PASSWORD
    form.submit(status=303).follow(status=200)
    return browser


@pytest.fixture
def dump():
    """Return a function that returns all rows, but for when a session was last seen."""
    def _dump() -> dict:
        rows = {}
        for table in store.TABLES:
            fields = [name for name in table._meta.columns if name != "seen"]
            rows[table.__name__] = sorted(repr([row.get(f) for f in fields]) for row in table.select().dicts())
        return rows
    return _dump


@pytest.fixture
def seal_text():
    """Return the text form of a fresh link secret that opens nothing."""
    return seal.link_text(seal.new_link_secret())


@pytest.fixture
def address(site, tmp_path, monkeypatch):
    """The URL of a portal that listens, by TLS."""
    issued = trustme.CA().issue_cert("portal.test")
    issued.private_key_pem.write_to_path(tmp_path / "tls.key")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "tls.pem")
    outside = server.listen("127.0.0.1:0")
    url = f"https://portal.test:{outside.getsockname()[1]}"
    monkeypatch.setattr(server.application, "connect", lambda _: None)
    monkeypatch.setattr(server, "listen", lambda _: outside)
    site.parameters |= {"portal_url": url, "portal_tls_certificate": str(tmp_path / "tls.pem"),
                        "portal_tls_key": str(tmp_path / "tls.key")}
    portal = server.Portal(site.parameters)
    threading.Thread(target=portal.run, daemon=True).start()
    yield url
    portal.terminator.stop()
    portal.server.close()


@pytest.fixture
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def look():
    """No violation of WCAG 2.2 AA, nothing wider than the window; keep a picture where SEALGATE_PICTURES says."""
    from axe_playwright_python.sync_playwright import Axe

    def _look(page, name: str) -> None:
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            if os.environ.get("SEALGATE_PICTURES"):
                page.screenshot(path=Path(os.environ["SEALGATE_PICTURES"]) / f"{name}-{width}.png", full_page=True)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name} at {width}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    return _look
