"""The store: every table of the cloud behind one name. SQLite (WAL) by default, PostgreSQL by URL.

Functions that change more than one row live with their subject (`copies`, `outbox`, ...) and run inside
`database.atomic()`.
"""

from pathlib import Path
from urllib.parse import urlparse

from peewee import IntegerField, PostgresqlDatabase

from sealgate_delivery.database import Sqlite, Table, database, hold, now, session
from sealgate_delivery.mail_tables import (
    Audit,
    Body,
    Certificate,
    Copy,
    Domain,
    Member,
    Message,
    Notice,
    NoticeCopy,
    Outbox,
    Relayed,
    Tenant,
    TenantKey,
    Wrap,
)
from sealgate_delivery.people_tables import (
    Account,
    AccountAddress,
    AccountOpener,
    AddressKey,
    AddressKeyHolder,
    Code,
    Session,
    SessionLink,
    SessionProof,
    Throttle,
)

SCHEMA_VERSION = 1


class SchemaVersion(Table):
    """One row: the version of the schema on disk."""

    version = IntegerField()


TABLES = (
    SchemaVersion, Tenant, TenantKey, Domain, Certificate, Member, Message, Body, Copy, Wrap, Notice, NoticeCopy,
    Outbox, Relayed, Account, AccountAddress, AccountOpener, AddressKey, AddressKeyHolder, Session, SessionProof,
    SessionLink, Code, Throttle, Audit,
)


def connect(url: str) -> None:
    """Open the store at `url` (`sqlite:///path` or `postgresql://…`) for this process and create what is missing.

    SQLite: WAL, `synchronous=FULL` (a commit is on disk before a reply), `secure_delete` (a deleted secret leaves the
    file), foreign keys on, 10 s busy timeout.
    """
    parsed = urlparse(url)
    if parsed.scheme == "sqlite":
        path = Path(parsed.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        pragmas = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
        database.initialize(Sqlite(path, pragmas=pragmas, timeout=10, lock_type="IMMEDIATE"))
    elif parsed.scheme in {"postgresql", "postgres"}:
        database.initialize(PostgresqlDatabase(url))
    else:
        raise ValueError(f"database {url!r}: write sqlite:///path or postgresql://…")
    with database.connection_context(), database.atomic():
        database.create_tables(TABLES, safe=True)
        if SchemaVersion.get_or_none() is None:
            SchemaVersion.create(version=SCHEMA_VERSION)


__all__ = [
    "TABLES",
    "Account",
    "AccountAddress",
    "AccountOpener",
    "AddressKey",
    "AddressKeyHolder",
    "Audit",
    "Body",
    "Certificate",
    "Code",
    "Copy",
    "Domain",
    "Member",
    "Message",
    "Notice",
    "NoticeCopy",
    "Outbox",
    "Relayed",
    "SchemaVersion",
    "Session",
    "SessionLink",
    "SessionProof",
    "Table",
    "Tenant",
    "TenantKey",
    "Throttle",
    "Wrap",
    "connect",
    "database",
    "hold",
    "now",
    "session",
]
