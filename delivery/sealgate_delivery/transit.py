"""Transit keys: what seals a finished mail while it waits in the outbox. One an hour, a file outside the database.

The notice holds the link secret, so neither the row nor a write-ahead log, replica or backup of the database may open
it later. Once no waiting row needs a key, the file is overwritten and removed: what was sealed under it is gone.
"""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from sealgate_core import seal
from sealgate_delivery import crash
from sealgate_delivery.blobs import create, sync_folder
from sealgate_delivery.store import Outbox, database, hold


class TransitKeyGone(Exception):
    """The key was destroyed: what it sealed cannot be opened any more."""


def _path(directory: Path, key_id: str) -> Path:
    if not key_id.replace("-", "").isalnum():
        raise ValueError(f"{key_id!r} is no id of a transit key")
    return directory / f"{key_id}.key"


def current(directory: Path) -> tuple[str, bytes]:
    """Return `(id, key)` of this hour, made durably if there is none.

    Call it inside the transaction that stores what the key seals: `sweep` takes the same lock.
    """
    hour = datetime.now(UTC).strftime("%Y%m%d%H")
    present = sorted(directory.glob(f"{hour}-*.key"))
    # Never the same id twice: a key made anew after a sweep must not be taken for the destroyed one.
    key_id = present[0].stem if present else f"{hour}-{secrets.token_hex(2)}"
    return key_id, key(directory, key_id) if present else _make(directory, key_id)


def _make(directory: Path, key_id: str) -> bytes:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh, target = seal.new_key(), _path(directory, key_id)
    temporary = target.with_suffix(f".{secrets.token_hex(4)}.part")
    try:
        with create(temporary) as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        crash.point("transit.synced")
        temporary.replace(target)
        sync_folder(directory)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    crash.point("transit.durable")
    return fresh


def key(directory: Path, key_id: str) -> bytes:
    """Return the key of that id; raise `TransitKeyGone`."""
    try:
        return _path(directory, key_id).read_bytes()
    except FileNotFoundError as error:
        raise TransitKeyGone(f"transit key {key_id} was destroyed") from error


def sweep(directory: Path) -> list[str]:
    """Destroy every key that no waiting outbox row needs; return their ids."""
    with database.atomic():
        hold("transit")
        rows = Outbox.select(Outbox.transit_key).where(Outbox.state == "waiting").distinct().tuples()
        needed = {key_id for (key_id,) in rows}
        # No row can be added while this transaction holds the lock.
        destroyed = [path.stem for path in sorted(directory.glob("*.key")) if path.stem not in needed]
        for key_id in destroyed:
            _destroy(_path(directory, key_id))
        for leftover in directory.glob("*.part"):
            _destroy(leftover)
        if destroyed:
            sync_folder(directory)
    return destroyed


def _destroy(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
