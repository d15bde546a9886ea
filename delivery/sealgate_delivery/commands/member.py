"""`sealgate-cloud member`: domains that take direct delivery over verified TLS."""

import argparse

from sealgate_core.address import domain_of
from sealgate_delivery import audit
from sealgate_delivery.commands.base import Failure, Nouns, Row, Session, find_tenant, noun, verb
from sealgate_delivery.store import Member, database


def register(nouns: Nouns) -> None:
    """Add the noun."""
    verbs = noun(nouns, "member", "domains with a gateway that takes direct delivery")
    add = verb(verbs, "add", _add, "add a member's domain, or replace what is known of it")
    add.add_argument("domain")
    add.add_argument("--tenant", required=True, help="the tenant that runs this gateway")
    add.add_argument("--host", required=True, help="name or address of the gateway")
    add.add_argument("--port", type=int, default=25, help="default: 25")
    add.add_argument("--tls-match", help="name that its certificate must carry; default: the host")
    verb(verbs, "list", _list, "list members")
    verb(verbs, "remove", _remove, "remove a member's domain").add_argument("domain")


def _row(member: Member) -> Row:
    return {"domain": member.domain, "tenant": member.tenant_id, "host": member.host, "port": member.port,
            "tls_match": member.tls_match, "active": member.active}


def _add(session: Session, given: argparse.Namespace) -> None:
    tenant, domain = find_tenant(given.tenant), domain_of(f"x@{given.domain}")
    if not 0 < given.port < 65536:
        raise Failure("--port must lie between 1 and 65535")
    if any(c.isspace() or c in "[]" for c in given.host + (given.tls_match or "")):
        raise Failure("--host and --tls-match take a plain name, without brackets or blanks")
    with database.atomic():
        present = Member.get_or_none(Member.domain == domain)
        if present and present.tenant_id != tenant.name:
            raise Failure(f"member {domain} belongs to tenant {present.tenant_id}")
        values = {"tenant": tenant, "host": given.host, "port": given.port,
                  "tls_match": given.tls_match or given.host, "active": True}
        if present:
            Member.update(values).where(Member.domain == domain).execute()
        else:
            Member.create(domain=domain, **values)
        audit.record("member-added", tenant.name, domain=domain, host=given.host, port=given.port)
    session.say(f"member {domain} is added", **_row(Member.get_by_id(domain)))


def _list(session: Session, _given: argparse.Namespace) -> None:
    session.table([_row(member) for member in Member.select().order_by(Member.domain)], "no members yet")


def _remove(session: Session, given: argparse.Namespace) -> None:
    member = Member.get_or_none(Member.domain == domain_of(f"x@{given.domain}"))
    if member is None:
        raise Failure(f"there is no member {given.domain!r}")
    with database.atomic():
        member.delete_instance()
        audit.record("member-removed", member.tenant_id, domain=member.domain)
    session.say(f"member {member.domain} is removed", domain=member.domain)
