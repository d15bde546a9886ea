"""The tables of tenants and mail: who may send, what was stored for whom, what is to be sent, what happened.

Times are whole seconds since the epoch, UTC. Keys are never here in the clear; `docs/sealing.md` says what each sealed
column is bound to.
"""

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from sealgate_delivery.database import Table, now


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
