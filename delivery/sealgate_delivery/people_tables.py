"""The tables of people: accounts and what opens them, address keys, sessions, codes, throttles."""

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
)

from sealgate_delivery.database import Table, now
from sealgate_delivery.mail_tables import Notice


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
