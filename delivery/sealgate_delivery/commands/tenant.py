"""`sealgate-cloud tenant`: customer organisations, their domains and client certificates."""

import argparse
import hashlib
import re
import ssl
from pathlib import Path

from sealgate_core.address import domain_of
from sealgate_delivery import audit
from sealgate_delivery.commands.base import Failure, Nouns, Row, Session, find_tenant, noun, time_text, verb
from sealgate_delivery.store import (
    Certificate,
    Domain,
    Member,
    Message,
    Notice,
    Outbox,
    Tenant,
    TenantKey,
    database,
)

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
NOT_YET = (
    "sealing 'recipient' is refused until a test release has gone the whole round through the tenant's gateway, "
    "or lost notices could never be replaced; use --sealing service"
)
_SETTABLE = ("display_name", "contact", "registration", "level", "retention", "sealing")


def register(nouns: Nouns) -> None:
    """Add the noun."""
    verbs = noun(nouns, "tenant", "customer organisations")
    add = verb(verbs, "add", _add, "add a tenant")
    add.add_argument("name", help="short name: a-z 0-9 . _ -")
    _choices(add)
    add.add_argument("--domain", action="append", default=[], help="a domain it sends for; may be repeated")
    add.add_argument("--certificate", action="append", default=[], type=Path, help="client certificate (PEM file)")
    add.add_argument("--fingerprint", action="append", default=[], help="SHA-256 of a client certificate, AB:CD:...")
    verb(verbs, "list", _list, "list tenants")
    verb(verbs, "show", _show, "show one tenant").add_argument("name")
    change = verb(verbs, "set", _set, "change a tenant")
    change.add_argument("name")
    _choices(change)
    change.add_argument("--active", choices=("yes", "no"), help="no: nothing is taken from it any more")
    verb(verbs, "remove", _remove, "remove a tenant that has no messages").add_argument("name")
    for sub, values in (("domain", "a domain"), ("certificate", "a PEM file or a fingerprint")):
        inner = verbs.add_parser(sub, help=f"{sub}s of a tenant").add_subparsers(metavar="VERB", required=True)
        for action, run in (("add", _add_part), ("remove", _remove_part)):
            made = verb(inner, action, run, f"{action} {values}", part=sub)
            made.add_argument("name", help="the tenant")
            made.add_argument("value", help=values)


def _choices(made: argparse.ArgumentParser) -> None:
    made.add_argument("--display-name", help="what recipients see, e.g. 'Acme Clinic'")
    made.add_argument("--contact", help="telephone number or address for a recipient who doubts")
    made.add_argument("--registration", choices=("required", "optional"), help="must recipients make an account?")
    made.add_argument("--level", type=int, choices=(1, 2, 3), help="proof of the address that a reader needs")
    made.add_argument("--retention", type=int, metavar="DAYS", help="days until a message expires")
    made.add_argument("--sealing", choices=("service", "recipient"), help="what may open messages besides recipients")


def _changes(given: argparse.Namespace) -> dict[str, object]:
    changes = {name: value for name in _SETTABLE if (value := getattr(given, name)) is not None}
    if changes.get("sealing") == "recipient":
        raise Failure(NOT_YET)
    if int(changes.get("retention", 1)) < 1:
        raise Failure("--retention must be one day at least")
    return changes


def fingerprint(value: str) -> str:
    """Return a fingerprint as Postfix writes it (sha256), from such text or from a PEM file."""
    text = value.upper().replace(":", "")
    if re.fullmatch(r"[0-9A-F]{64}", text):
        return ":".join(re.findall("..", text))
    try:
        # The first certificate of a chain; text around it is passed over.
        pem = _PEM.search(Path(value).read_text("ascii"))
        der = ssl.PEM_cert_to_DER_cert(pem[0] if pem else "")
    except (OSError, ValueError) as error:
        raise Failure(f"{value}: is neither a PEM certificate nor a SHA-256 fingerprint ({error})") from error
    return ":".join(re.findall("..", hashlib.sha256(der).hexdigest().upper()))


def _own(tenant: Tenant, part: str, value: str) -> None:
    """Give a domain or certificate to the tenant; fail when another one has it."""
    if part == "domain":
        table, column, value = Domain, Domain.domain, domain_of(f"x@{value}")
    else:
        table, column, value = Certificate, Certificate.fingerprint, fingerprint(value)
    if not value or ("." not in value and part == "domain"):
        raise Failure("a domain looks like example.com")
    row, made = table.get_or_create(**{column.name: value}, defaults={"tenant": tenant})
    if not made and row.tenant_id != tenant.name:
        raise Failure(f"{part} {value} belongs to tenant {row.tenant_id}")
    if made:
        audit.record(f"tenant-{part}-added", tenant.name, value=value)


def _add(session: Session, given: argparse.Namespace) -> None:
    if not _NAME.fullmatch(given.name):
        raise Failure(f"{given.name!r} is no tenant name; use a-z 0-9 . _ -, at most 64")
    changes = _changes(given)
    with database.atomic():
        if Tenant.get_or_none(Tenant.name == given.name):
            raise Failure(f"there is a tenant {given.name!r} already; change it with sealgate-cloud tenant set")
        tenant = Tenant.create(name=given.name, **{"display_name": given.name, **changes})
        audit.record("tenant-added", tenant.name)
        for value in given.domain:
            _own(tenant, "domain", value)
        for value in (*map(str, given.certificate), *given.fingerprint):
            _own(tenant, "certificate", value)
    session.say(f"tenant {tenant.name} is added", **_row(tenant))


def _row(tenant: Tenant) -> Row:
    return {
        "name": tenant.name, "display_name": tenant.display_name, "contact": tenant.contact,
        "sealing": tenant.sealing, "registration": tenant.registration, "level": tenant.level,
        "retention": tenant.retention, "active": tenant.active, "created": time_text(tenant.created),
        "domains": sorted(row.domain for row in tenant.domains),
        "certificates": sorted(row.fingerprint for row in tenant.certificates),
        "members": sorted(row.domain for row in tenant.members),
    }


def _list(session: Session, _given: argparse.Namespace) -> None:
    keep = ("name", "display_name", "sealing", "registration", "level", "active", "domains")
    rows = [_row(tenant) for tenant in Tenant.select().order_by(Tenant.name)]
    session.table(rows if session.json else [{name: row[name] for name in keep} for row in rows], "no tenants yet")


def _show(session: Session, given: argparse.Namespace) -> None:
    session.record(_row(find_tenant(given.name)))


def _set(session: Session, given: argparse.Namespace) -> None:
    tenant, changes = find_tenant(given.name), _changes(given)
    if given.active:
        changes["active"] = given.active == "yes"
    if not changes:
        raise Failure("nothing to change was named; sealgate-cloud tenant set --help shows what can be")
    with database.atomic():
        Tenant.update(changes).where(Tenant.name == tenant.name).execute()
        audit.record("tenant-changed", tenant.name, what=" ".join(sorted(changes)))
    session.say(f"tenant {tenant.name} is changed", **_row(find_tenant(given.name)))


def _remove(session: Session, given: argparse.Namespace) -> None:
    tenant = find_tenant(given.name)
    with database.atomic():
        if any(table.select().where(table.tenant == tenant).exists() for table in (Message, Notice, Outbox)):
            raise Failure(f"tenant {tenant.name} has messages; stop it with sealgate-cloud tenant set --active no")
        for table in (Domain, Certificate, Member, TenantKey):
            table.delete().where(table.tenant == tenant).execute()
        tenant.delete_instance()
        audit.record("tenant-removed", tenant.name)
    session.say(f"tenant {tenant.name} is removed", name=tenant.name)


def _add_part(session: Session, given: argparse.Namespace) -> None:
    tenant = find_tenant(given.name)
    with database.atomic():
        _own(tenant, given.part, given.value)
    session.say(f"{given.part} is added to tenant {tenant.name}", **_row(tenant))


def _remove_part(session: Session, given: argparse.Namespace) -> None:
    tenant = find_tenant(given.name)
    with database.atomic():
        if given.part == "domain":
            gone = Domain.delete().where(Domain.tenant == tenant, Domain.domain == domain_of(f"x@{given.value}"))
        else:
            value = fingerprint(given.value)
            gone = Certificate.delete().where(Certificate.tenant == tenant, Certificate.fingerprint == value)
        if not gone.execute():
            raise Failure(f"tenant {tenant.name} has no such {given.part}")
        audit.record(f"tenant-{given.part}-removed", tenant.name, value=given.value)
    session.say(f"{given.part} is removed from tenant {tenant.name}", **_row(tenant))
