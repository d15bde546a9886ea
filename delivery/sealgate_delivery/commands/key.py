"""`sealgate-cloud key`: the master key, the DKIM key, and the tenants' keys."""

import argparse
from pathlib import Path

from sealgate_core import seal
from sealgate_delivery import audit, blobs, tenant_keys
from sealgate_delivery.commands.base import Failure, Nouns, Session, find_tenant, noun, time_text, verb
from sealgate_delivery.store import Tenant, TenantKey, database


def register(nouns: Nouns) -> None:
    """Add the noun."""
    verbs = noun(nouns, "key", "keys of the cloud and of its tenants")
    verb(verbs, "create-master", _create_master, "make the master key (never replaces one)", without_store=True)
    verb(verbs, "dkim", _dkim, "make the key that signs notices; prints its DNS record", without_store=True)
    rotate = verb(verbs, "rotate", _rotate, "begin a new epoch of a tenant's key")
    rotate.add_argument("tenant", nargs="?", help="default: every tenant")
    verb(verbs, "list", _list, "list tenants' keys")


def _write(path: Path, content: bytes) -> None:
    """Write a secret file of mode 0600, durably, where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with blobs.create(path) as file:
            file.write(content)
        blobs.sync_folder(path.parent)
    except FileExistsError as error:
        raise Failure(f"{path} exists already and is kept; move it away if you really want another") from error


def _create_master(session: Session, _given: argparse.Namespace) -> None:
    path = Path(session.settings["master_key"])
    _write(path, seal.new_key())
    session.say(f"{path} is made; keep a copy of it in a safe, apart from the backup of the database", path=str(path))


def _dkim(session: Session, _given: argparse.Namespace) -> None:
    if not session.settings["dkim_key"]:
        raise Failure("parameter dkim_key names no file; write the path of the key into the configuration first")
    path, (private, record) = Path(session.settings["dkim_key"]), seal.new_signing_key()
    _write(path, private)
    name = f"{session.settings['dkim_selector']}._domainkey.{session.settings['notice_from'].rpartition('@')[2]}"
    session.say(f'{path} is made; publish this in DNS:\n{name}. IN TXT "{record}"',
                path=str(path), name=name, record=record)


def _rotate(session: Session, given: argparse.Namespace) -> None:
    tenants = [find_tenant(given.tenant)] if given.tenant else list(Tenant.select().order_by(Tenant.name))
    master, epochs = session.master(), {}
    for tenant in tenants:
        with database.atomic():
            epochs[tenant.name], _ = tenant_keys.rotate(tenant, master)
            audit.record("tenant-key-rotated", tenant.name, epoch=epochs[tenant.name])
    session.say("\n".join(f"tenant {name}: epoch {epoch}" for name, epoch in epochs.items()) or "no tenants", **epochs)


def _list(session: Session, _given: argparse.Namespace) -> None:
    rows = TenantKey.select().order_by(TenantKey.tenant, TenantKey.epoch)
    session.table([{"tenant": row.tenant_id, "epoch": row.epoch, "created": time_text(row.created)} for row in rows],
                  "no keys yet: a tenant's first message makes one")
