"""A real store on SQLite in a temporary folder; nothing is faked."""

import email.message
from pathlib import Path

import pytest

from sealgate_core import seal
from sealgate_core.seal import PasswordCost
from sealgate_delivery import copies, store
from sealgate_delivery.notices import NoticeFacts, StoreKeys
from sealgate_delivery.store import Outbox, Tenant

CHEAP = PasswordCost(8, 1, 1)


def compose(facts: NoticeFacts) -> bytes:
    mail = email.message.EmailMessage()
    mail["Subject"] = f"Secure message ({facts.reference})"
    mail["To"] = facts.address
    mail.set_content(f"{facts.sender_name} has sent you {facts.count}.\nKey: {facts.secret_text}\n")
    return mail.as_bytes()


class Cloud:
    """One cloud's store with tenant `acme`, and what tests do with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = f"sqlite:///{root}/db/sealgate.db"
        store.connect(self.url)
        self.keys = StoreKeys(root / "blobs", root / "transit", b"M" * 32, compose, "portal.test")
        self.cost = CHEAP
        self.tenant = Tenant.create(name="acme", display_name="Acme Clinic")

    def seal_to_recipients_only(self) -> None:
        """Set what `tenant set` refuses until release exists (law 5)."""
        Tenant.update(sealing="recipient").where(Tenant.name == "acme").execute()

    def deposit(self, *recipients: str, raw: bytes = b"Subject: plan\r\n\r\ntext\r\n", stamp: str = "s1",
                digest: str = "d1", **summary: object) -> list[store.Copy]:
        facts = copies.Summary(**{"subject": "plan", "sender_name": "Jane Roe", **summary})
        deposit = copies.Deposit(Tenant.get_by_id("acme"), stamp, digest, "jane@acme.test", "<1@acme.test>", raw, facts,
                                 list(recipients))
        return copies.deposit(deposit, self.keys)

    def mails(self) -> list[bytes]:
        from sealgate_delivery import outbox_rows

        rows = Outbox.select().where(Outbox.state == "waiting").order_by(Outbox.created)
        return [outbox_rows.payload(row, self.keys.transit, self.keys.blobs) for row in rows]

    def secret(self, mail: bytes) -> bytes:
        found = seal.parse_link_text(mail.partition(b"Key: ")[2].split()[0].decode())
        assert found
        return found

    def open_by_link(self, copy: store.Copy, secret: bytes) -> bytes:
        notice = store.Notice.get(store.Notice.lookup == seal.link_lookup(secret).hex())
        wrap = copies.wrap_for(copy, "link", notice.id)
        key = copies.unwrap(copy, wrap, seal.link_opener(secret))
        return b"".join(copies.open_body(copy, key, self.keys.blobs))

    def notices_leave(self) -> None:
        """Do what the worker does when the mail server took every notice."""
        from sealgate_delivery import outbox_rows, transit

        for row in Outbox.select().where(Outbox.state == "waiting"):
            outbox_rows.settle(row, "handed", self.keys.blobs)
            links = store.NoticeCopy.select().where(store.NoticeCopy.notice == row.subject_id)
            copies.mark_noticed([link.copy_id for link in links])
        transit.sweep(self.keys.transit)


@pytest.fixture
def cloud(tmp_path):
    made = Cloud(tmp_path)
    with store.session():
        yield made
