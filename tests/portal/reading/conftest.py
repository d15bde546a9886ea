"""A cloud with messages in its real store, and browsers (WebTest) whose sessions have shown this or that."""

import re
import secrets
import uuid
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from webtest import TestApp

from sealgate_core import seal
from sealgate_core.seal import PasswordCost
from sealgate_delivery import accounts, copies, outbox_rows, settings, store
from sealgate_delivery.store import (
    Copy,
    Notice,
    NoticeCopy,
    Outbox,
    Session,
    SessionLink,
    SessionProof,
    Tenant,
    database,
)
from sealgate_delivery.summary import summarise
from sealgate_portal import application, sessions

CHEAP = PasswordCost(memory=64, passes=1, lanes=1)
MARKER = "MARKER-7f3a"
KEY = re.compile(rb"Key: ([0-9A-Z-]{34})")


@dataclass
class Cloud:
    """The parameters, the application, and the tenants by name."""

    parameters: dict
    wsgi: object
    keys: copies.StoreKeys
    tenants: dict = field(default_factory=dict)

    @staticmethod
    def confidential(subject: str = "Results") -> bytes:
        """Return a message whose text and attachment carry the marker."""
        message = EmailMessage(policy=SMTP)
        message["From"] = "Jane Roe <jane@acme.test>"
        message["To"] = "bob@outside.test"
        message["Subject"] = subject
        message.set_content(f"Your value is {MARKER}.")
        message.add_alternative(f"<p>Your value is <b>{MARKER}</b></p>", subtype="html")
        message.add_attachment(MARKER.encode(), maintype="text", subtype="plain", filename=f"{MARKER}.txt")
        return bytes(message)

    def deposit(self, raw: bytes, *recipients: str, tenant: str = "acme", level: int = 1) -> list[Copy]:
        """Store a message and let its notice arrive."""
        made = copies.deposit(copies.Deposit(
            self.tenants[tenant], str(uuid.uuid4()), "0" * 64, f"jane@{tenant}.test", "<m1@acme.test>", raw,
            summarise(raw), list(recipients), level), self.keys)
        copies.mark_noticed([copy.id for copy in made])
        return [Copy.get_by_id(copy.id) for copy in made]

    def secret(self, copy: Copy) -> tuple[Notice, bytes]:
        """Return the notice of a copy and its link secret, read from the mail."""
        notice = NoticeCopy.get(NoticeCopy.copy == copy).notice
        row = Outbox.get(Outbox.subject_id == notice.id)
        mail = outbox_rows.payload(row, self.parameters["transit_keys"], self.parameters["blobs"])
        secret = seal.parse_link_text(KEY.search(mail)[1].decode())
        assert secret
        return notice, secret

    def browser(self, *addresses: str, links: tuple[Copy, ...] = (), level: int = 1, account=None) -> TestApp:
        """Return a browser whose session has proved `addresses`, holds the links of copies, or an account."""
        app = TestApp(self.wsgi, extra_environ={"HTTP_HOST": "portal.test", "wsgi.url_scheme": "https"})
        token = secrets.token_hex(32)
        key = seal.derive(bytes.fromhex(token), "session")
        row = Session.create(id=sessions.name_of(token), csrf="")
        if account:
            row.account = account.account
            row.account_key = seal.seal(key, seal.context("session-account", account.account.id), account.private)
            row.save()
        for address in addresses:
            SessionProof.create(session=row, address=address, level=level)
        for copy in links:
            notice, secret = self.secret(copy)
            bound = seal.context("session-link", notice.id)
            SessionLink.create(session=row, notice=notice, sealed=seal.seal(key, bound, secret))
        app.set_cookie(sessions.COOKIE, token)
        return app

    def anonymous(self) -> TestApp:
        """Return a browser that has never been here."""
        return TestApp(self.wsgi, extra_environ={"HTTP_HOST": "portal.test", "wsgi.url_scheme": "https"})


@pytest.fixture
def cloud(tmp_path):
    master = tmp_path / "master.key"
    master.write_bytes(secrets.token_bytes(32))
    master.chmod(0o600)
    parameters = settings.PARAMETERS.check({
        "hostname": "cloud.test", "database": f"sqlite:///{tmp_path}/sealgate.db", "blobs": str(tmp_path / "blobs"),
        "transit_keys": str(tmp_path / "transit"), "master_key": str(master), "notice_from": "notice@portal.test",
        "portal_url": "https://portal.test", "password_memory": 64,
    }, "test")
    store.connect(parameters["database"])
    database.execute_sql("PRAGMA synchronous=0") if not database.is_closed() else None
    wsgi = application.build(parameters)
    made = Cloud(parameters, wsgi, wsgi.registry.settings["store_keys"])
    with database.connection_context():
        for name in ("acme", "other"):
            made.tenants[name] = Tenant.create(name=name, display_name=f"{name.title()} Clinic", contact="+1 555 0100")
        made.tenants["sealed"] = Tenant.create(name="sealed", display_name="Sealed Clinic", sealing="recipient")
        yield made


@pytest.fixture
def account():
    return lambda address, name="Ada": accounts.create(name, address, "correct horse battery staple", CHEAP)


@pytest.fixture
def dump():
    """Return the whole database as text, but for the time a session was last seen."""
    def _dump() -> dict:
        found = {}
        for table in sorted(database.get_tables()):
            cursor = database.execute_sql(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            found[table] = sorted(
                repr([value for name, value in zip(names, row, strict=True) if name != "seen"])
                for row in cursor.fetchall())
        return found
    return _dump
