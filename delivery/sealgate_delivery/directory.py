"""The directory: which certificate belongs to which tenant, which domains it sends for, who is a member.

Every question reads the database, so what an operator adds counts at once, with no reload.
"""

from collections.abc import Iterable

from sealgate_core.address import domain_of
from sealgate_delivery.store import Certificate, Domain, Member, Tenant


def _domain(address: str) -> str:
    """Return the domain to look up; `""`, which nobody registers, for octets that no database takes."""
    domain = domain_of(address)
    return domain if domain.isascii() else ""


def tenant_of_certificate(fingerprints: Iterable[str]) -> Tenant | None:
    """Return the active tenant that registered one of `fingerprints` (SHA-256, `AB:CD:…`), else `None`."""
    wanted = [fingerprint.upper() for fingerprint in fingerprints if fingerprint]
    row = (
        Certificate.select(Certificate, Tenant).join(Tenant)
        .where(Certificate.fingerprint.in_(wanted), Tenant.active).first()
    )
    return row.tenant if row else None


def may_send(tenant: Tenant, sender: str) -> bool:
    """Tell whether `sender` lies in a domain of `tenant`. The null sender, of bounces, always does."""
    if not sender:
        return True
    return Domain.select().where(Domain.domain == _domain(sender), Domain.tenant == tenant).exists()


def member_of(address: str) -> Member | None:
    """Return the active member whose domain `address` lies in, else `None`."""
    row: Member | None = Member.get_or_none(Member.domain == _domain(address), Member.active)
    return row


def nexthop(member: Member) -> str:
    """Return where Postfix finds a member's mail server: `[host]:port`, no MX look-up."""
    return f"[{member.host}]:{member.port}"


def member_at(hop: str) -> Member | None:
    """Return an active member whose mail server is `hop` (`[host]:port`), else `None`."""
    host, _, port = hop.rpartition(":")
    if not (hop.isascii() and port.isdecimal() and len(port) <= 5 and host.startswith("[") and host.endswith("]")):
        return None
    row: Member | None = Member.select().where(
        Member.host == host[1:-1], Member.port == int(port), Member.active).first()
    return row
