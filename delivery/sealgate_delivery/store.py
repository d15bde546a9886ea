"""The store: every table of the cloud, in peewee. SQLite (WAL) by default, PostgreSQL by URL.

Times are whole seconds since the epoch, UTC. Keys are never here in the clear; see `docs/sealing.md` for what each
sealed column is bound to. Functions that change more than one row live with their subject (`copies`, `outbox`, ...)
and run inside `database.atomic()`, which on SQLite takes the write lock at once (IMMEDIATE): what it reads stays true
until it commits, and two writers wait for each other instead of failing. Connections belong to threads; a unit of work
runs inside `with session():`.

What can go wrong is raised as it is: `peewee.PeeweeException` (locked, read-only, full, damaged) and `OSError`.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    CompositeKey,
    DatabaseProxy,
    ForeignKeyField,
    IntegerField,
    Model,
    PostgresqlDatabase,
    SqliteDatabase,
    TextField,
)

SCHEMA_VERSION = 1
database = DatabaseProxy()


def now() -> int:
    """Return the present time in whole seconds since the epoch."""
    return int(time.time())


class Table(Model):  # type: ignore[misc]
    """Base of all tables."""

    class Meta:
        """Bind to the one database of the process."""

        database = database


class SchemaVersion(Table):
    """One row: the version of the schema on disk."""

    version = IntegerField()


class Tenant(Table):
    """A customer organisation."""

    name = CharField(64, primary_key=True)
    display_name = CharField(200)
    contact = CharField(300, default="")
    """What a doubtful recipient may ring or write to, shown in notices and on pages."""
    sealing = CharField(16, default="service")
    """`service`, or `recipient` once a test release has gone round (`sealing.md` law 5)."""
    registration = CharField(16, default="required")
    """`required` or `optional`."""
    level = IntegerField(default=1)
    retention = IntegerField(default=110)
    """Days until a copy expires."""
    created = BigIntegerField(default=now)
    active = BooleanField(default=True)


class TenantKey(Table):
    """The opener of a tenant's `service` wraps, by epoch; sealed under the master key."""

    tenant = ForeignKeyField(Tenant, backref="keys")
    epoch = IntegerField()
    sealed = BlobField()
    created = BigIntegerField(default=now)

    class Meta:
        """One key an epoch."""

        primary_key = CompositeKey("tenant", "epoch")


class Domain(Table):
    """A domain that a tenant may send for."""

    domain = CharField(255, primary_key=True)
    tenant = ForeignKeyField(Tenant, backref="domains")


class Certificate(Table):
    """A client certificate of a tenant's gateway, by SHA-256 fingerprint (`AB:CD:…`) of certificate or public key."""

    fingerprint = CharField(100, primary_key=True)
    tenant = ForeignKeyField(Tenant, backref="certificates")
    note = CharField(200, default="")


class Member(Table):
    """A domain whose mail server takes direct delivery over verified TLS; replies and DSNs for a tenant go there."""

    domain = CharField(255, primary_key=True)
    tenant = ForeignKeyField(Tenant, backref="members")
    host = CharField(255)
    port = IntegerField(default=25)
    tls_match = CharField(255)
    """Name that the server certificate must carry."""
    active = BooleanField(default=True)


class Message(Table):
    """One message of one tenant, known by stamp and digest."""

    id = CharField(36, primary_key=True)
    tenant = ForeignKeyField(Tenant, backref="messages")
    stamp = CharField(36)
    digest = CharField(64)
    sender = CharField(400)
    message_id = CharField(998, default="")
    """The Message-ID field of the original: a reply refers to it."""
    received = BigIntegerField(default=now)

    class Meta:
        """The same stamp on other content is another message."""

        indexes = ((("tenant", "stamp", "digest"), True),)


class Body(Table):
    """One sealed body: one per delivery of a message. The blob is the message, `summary` its subject and part list."""

    id = CharField(36, primary_key=True)
    message = ForeignKeyField(Message, backref="bodies")
    summary = BlobField(null=True)
    size = BigIntegerField()
    purged = BooleanField(default=False)


class Copy(Table):
    """One message for one recipient address in the portal. States and transitions: `copies.py`."""

    id = CharField(36, primary_key=True)
    message = ForeignKeyField(Message, backref="copies")
    body = ForeignKeyField(Body, backref="copies")
    address = CharField(400)
    """`address.identity()` of the recipient."""
    state = CharField(16, default="accepted")
    level = IntegerField(default=1)
    expires = BigIntegerField()
    noticed_at = BigIntegerField(null=True)
    opened_at = BigIntegerField(null=True)
    ended_at = BigIntegerField(null=True)
    downloaded = BooleanField(default=False)
    replied = BooleanField(default=False)

    class Meta:
        """Exactly one copy a recipient."""

        indexes = ((("message", "address"), True),)


class Wrap(Table):
    """The message key of a copy's body, sealed for one opener."""

    copy = ForeignKeyField(Copy, backref="wraps", on_delete="CASCADE")
    kind = CharField(8)
    """`link`, `address`, `tenant` or `service`."""
    opener = CharField(40)
    """Which one: notice id, address key id, release key id, or epoch of the tenant key."""
    sealed = BlobField()

    class Meta:
        """One wrap an opener."""

        indexes = ((("copy", "kind", "opener"), True),)


class Notice(Table):
    """One mail to one address of one tenant that tells of one or more copies."""

    id = CharField(36, primary_key=True)
    tenant = ForeignKeyField(Tenant, backref="notices")
    address = CharField(400)
    reference = CharField(8, unique=True)
    lookup = CharField(32, unique=True)
    """`seal.link_lookup` of the link secret, hex."""
    created = BigIntegerField(default=now)


class NoticeCopy(Table):
    """Which copies a notice covers."""

    notice = ForeignKeyField(Notice, backref="links")
    copy = ForeignKeyField(Copy, backref="links")

    class Meta:
        """A plain pair."""

        primary_key = CompositeKey("notice", "copy")


class Outbox(Table):
    """A mail to be sent: notice, code, DSN, reply. Payload (the finished RFC 5322 bytes) sealed under a transit key."""

    id = CharField(36, primary_key=True)
    kind = CharField(16)
    """`notice`, `code`, `dsn`, `reply` or `relay`."""
    path = CharField(8)
    """`notice` (ordinary, opportunistic TLS) or `direct` (verified TLS only)."""
    tenant = ForeignKeyField(Tenant, null=True)
    sender = CharField(400)
    """Envelope sender, `""` for the null sender."""
    recipient = CharField(400)
    dsn = CharField(1200, default="")
    """ESMTP parameters of RCPT TO as given by the originator (`NOTIFY=… ORCPT=…`)."""
    subject_id = CharField(36, default="")
    """Notice, copy or message that it is about."""
    transit_key = CharField(16)
    payload = BlobField(null=True)
    blob = CharField(64, default="")
    """Name of a sealed blob instead of `payload`, for large ones."""
    created = BigIntegerField(default=now)
    not_before = BigIntegerField(default=0)
    deadline = BigIntegerField(default=0)
    """`direct` only: after it a member's copy goes to the portal; 0 = never."""
    attempts = IntegerField(default=0)
    claimed = IntegerField(null=True)
    """The attempt whose queue file Postfix holds; every other attempt is discarded by the map."""
    state = CharField(10, default="waiting")
    """`waiting`, `handed` (Postfix has it), `portal`, `done`, `failed`."""

    class Meta:
        """The worker asks for what is due."""

        indexes = ((("state", "not_before"), False),)


class Relayed(Table):
    """A recipient whose copy of a message went out directly: makes a second delivery a no-op."""

    message = ForeignKeyField(Message, backref="relayed")
    address = CharField(400)
    outbox = ForeignKeyField(Outbox)

    class Meta:
        """Exactly one relay a recipient."""

        indexes = ((("message", "address"), True),)


class Account(Table):
    """One person on the site."""

    id = CharField(36, primary_key=True)
    name = CharField(200)
    public = BlobField()
    """Account key, public half. The private half is sealed by each opener."""
    created = BigIntegerField(default=now)


class AccountAddress(Table):
    """An address that an account has proved; the user name at sign-in."""

    address = CharField(400, primary_key=True)
    account = ForeignKeyField(Account, backref="addresses", on_delete="CASCADE")
    proved = BigIntegerField(default=now)


class AccountOpener(Table):
    """What opens an account key: a password or a remembered device."""

    id = CharField(36, primary_key=True)
    account = ForeignKeyField(Account, backref="openers", on_delete="CASCADE")
    kind = CharField(16)
    salt = BlobField()
    cost = CharField(60, default="")
    verifier = BlobField()
    """Password: `password_keys()[0]`; device: SHA-256 of the device token."""
    sealed = BlobField()
    """Account private key, sealed."""
    label = CharField(120, default="")
    created = BigIntegerField(default=now)
    expires = BigIntegerField(null=True)


class AddressKey(Table):
    """HPKE pair of one address; the opener of `address` wraps. Replaced when nobody can open it any more."""

    id = CharField(36, primary_key=True)
    address = CharField(400, index=True)
    public = BlobField()
    current = BooleanField(default=True)
    created = BigIntegerField(default=now)


class AddressKeyHolder(Table):
    """The private half of an address key, sealed to a member's account key."""

    key = ForeignKeyField(AddressKey, backref="holders", on_delete="CASCADE")
    account = ForeignKeyField(Account, backref="address_keys", on_delete="CASCADE")
    sealed = BlobField()

    class Meta:
        """One sealed half a member."""

        primary_key = CompositeKey("key", "account")


class Session(Table):
    """A browser session; the cookie token's SHA-256 is its name, keys are sealed under HKDF(token)."""

    id = CharField(64, primary_key=True)
    account = ForeignKeyField(Account, null=True, on_delete="CASCADE")
    account_key = BlobField(null=True)
    """Account private key, sealed under the session key."""
    csrf = CharField(64)
    created = BigIntegerField(default=now)
    seen = BigIntegerField(default=now)


class SessionProof(Table):
    """The level of proof that a session reached for an address."""

    session = ForeignKeyField(Session, backref="proofs", on_delete="CASCADE")
    address = CharField(400)
    level = IntegerField()
    at = BigIntegerField(default=now)

    class Meta:
        """One level an address."""

        primary_key = CompositeKey("session", "address")


class SessionLink(Table):
    """A notice whose link secret a session posted, the secret sealed under the session key."""

    session = ForeignKeyField(Session, backref="links", on_delete="CASCADE")
    notice = ForeignKeyField(Notice)
    sealed = BlobField()

    class Meta:
        """One secret a notice."""

        primary_key = CompositeKey("session", "notice")


class Code(Table):
    """A mailed code, as a keyed hash. Fits the session that asked and any session that posted the same link."""

    id = CharField(36, primary_key=True)
    address = CharField(400, index=True)
    notice = ForeignKeyField(Notice, null=True)
    session = CharField(64)
    hashed = CharField(64)
    outbox = CharField(36, default="")
    created = BigIntegerField(default=now)
    expires = BigIntegerField()
    used = BooleanField(default=False)


class Throttle(Table):
    """A counter over a window of time, by subject such as `code:address:…`."""

    subject = CharField(500, primary_key=True)
    count = IntegerField(default=0)
    since = BigIntegerField(default=now)


class Audit(Table):
    """Append-only, hash-chained: who, when, what; never content."""

    sequence = AutoField()
    at = BigIntegerField(default=now)
    event = CharField(40)
    tenant = CharField(64, default="")
    subject_id = CharField(36, default="")
    detail = TextField(default="")
    """JSON object, keys sorted."""
    previous = CharField(64, unique=True)
    """Unique: two rows can never follow the same one."""
    hash = CharField(64)


TABLES = (
    SchemaVersion, Tenant, TenantKey, Domain, Certificate, Member, Message, Body, Copy, Wrap, Notice, NoticeCopy,
    Outbox, Relayed, Account, AccountAddress, AccountOpener, AddressKey, AddressKeyHolder, Session, SessionProof,
    SessionLink, Code, Throttle, Audit,
)


class Sqlite(SqliteDatabase):  # type: ignore[misc]
    """SQLite that keeps the cause of a failed transaction.

    Where the disk is full, SQLite rolls back by itself; peewee's own roll-back would then fail and hide the cause.
    """

    def rollback(self) -> None:
        """Roll back, if SQLite has not done so."""
        if self.connection().in_transaction:
            super().rollback()

    def execute_sql(self, sql: str, params: Sequence[object] | None = None) -> object:
        """Run `sql`; pass over the end of a savepoint that SQLite has rolled back."""
        if sql.startswith("ROLLBACK TO SAVEPOINT") and not self.connection().in_transaction:
            return None
        return super().execute_sql(sql, params)


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


@contextmanager
def session() -> Iterator[None]:
    """Hold this thread's connection for one unit of work and give it back; inside another one it changes nothing."""
    opened = database.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if opened:
            database.close()


def hold(name: str, shared: bool = False) -> None:
    """Hold the lock `name` until the transaction ends. On SQLite the transaction itself is the lock."""
    if isinstance(database.obj, PostgresqlDatabase):
        function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        database.execute_sql(f"SELECT {function}(hashtext(%s))", (f"sealgate/{name}",))
