"""Tenant keys: the openers of `service` wraps, one an epoch, each sealed under the master key."""

from sealgate_core import seal
from sealgate_delivery.store import Tenant, TenantKey, database


def _bound(tenant: Tenant, epoch: int) -> bytes:
    return seal.context("tenant-key", tenant.name, epoch)


def ensure(tenant: Tenant, master_key: bytes) -> tuple[int, bytes]:
    """Return `(epoch, key)` of the tenant's newest key; make the first one if there is none."""
    with database.atomic():
        row = TenantKey.select().where(TenantKey.tenant == tenant).order_by(TenantKey.epoch.desc()).first()
        if row is None:
            return rotate(tenant, master_key)
    return row.epoch, key(tenant, row.epoch, master_key)


def key(tenant: Tenant, epoch: int, master_key: bytes) -> bytes:
    """Return the key of that epoch; raise `seal.SealBroken` when the master key is another, `KeyError` when none is."""
    row = TenantKey.get_or_none(TenantKey.tenant == tenant, TenantKey.epoch == epoch)
    if row is None:
        raise KeyError(f"tenant {tenant.name} has no key of epoch {epoch}")
    return seal.open_sealed(master_key, _bound(tenant, epoch), bytes(row.sealed))


def rotate(tenant: Tenant, master_key: bytes) -> tuple[int, bytes]:
    """Begin a new epoch for what is stored from now on; earlier keys stay for what they seal. Return `(epoch, key)`."""
    fresh = seal.new_key()
    with database.atomic():
        last = TenantKey.select().where(TenantKey.tenant == tenant).order_by(TenantKey.epoch.desc()).first()
        epoch = last.epoch + 1 if last else 1
        TenantKey.create(tenant=tenant, epoch=epoch, sealed=seal.seal(master_key, _bound(tenant, epoch), fresh))
    return epoch, fresh
