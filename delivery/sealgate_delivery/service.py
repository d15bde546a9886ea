"""sealgate-delivery: the resident service of the cloud. LMTP, policy delegation and map on Unix sockets; the outbox.

    sealgate-delivery [--config /etc/sealgate/cloud.toml]

SIGTERM ends it at once, which loses nothing: whatever was not answered, Postfix sends again.
"""

import argparse
import grp
import logging
import os
import signal
import socket
import socketserver
import sqlite3
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import peewee

from sealgate_core.parameters import ParameterError, secret_file
from sealgate_core.seal import KEY_SIZE
from sealgate_core.status import EX_TEMPFAIL, EX_USAGE, Reply
from sealgate_delivery import copies, lmtp, notice, policy_service, settings, socketmap, store, transit
from sealgate_delivery.inbound import Inbound, store_keys
from sealgate_delivery.outbox import Worker

log = logging.getLogger(__name__)

UPKEEP = 600
"""Seconds between two rounds of expiry, purge and sweep."""


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="sealgate-delivery", description=(__doc__ or "").split("\n")[0])
    said = "cloud.toml (default: %(default)s)"
    parser.add_argument("--config", type=Path, default=settings.DEFAULT_PATH, metavar="FILE", help=said)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
    try:
        cloud = settings.load(arguments.config)
        master = secret_file(cloud["master_key"], KEY_SIZE)
        store.connect(cloud["database"])
    except (ParameterError, ValueError) as error:
        print(f"sealgate-delivery: {error}", file=sys.stderr)
        sys.exit(EX_USAGE)
    except (OSError, peewee.PeeweeException) as error:
        print(f"sealgate-delivery: the store cannot be opened: {error}", file=sys.stderr)
        sys.exit(EX_TEMPFAIL)
    try:
        run(cloud, master)
    except OSError as error:
        print(f"sealgate-delivery: cannot listen: {error}", file=sys.stderr)
        sys.exit(EX_TEMPFAIL)


def run(cloud: Mapping[str, Any], master: bytes) -> None:
    """Serve until a signal says to end."""
    # Waited for, not handled: no other thread gets them, and no handler runs in the middle of anything.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    held = _hold(cloud["database"])
    worker = Worker(cloud)
    inbound = Inbound(cloud, store_keys(cloud, master, notice.composer(cloud)))

    def accept(envelope: lmtp.Envelope, message: bytes) -> list[Reply]:
        replies = inbound.accept(envelope, message)
        worker.wake()
        return replies

    servers: list[socketserver.BaseServer] = [
        _listen(cloud, "lmtp_socket", lambda path: lmtp.Server(path, accept, _size_limit(cloud))),
        _listen(cloud, "policy_socket", policy_service.Server),
        _listen(cloud, "map_socket", lambda path: socketmap.Server(path, cloud)),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    worker.start()
    _tell_systemd("READY=1")
    log.info("ready")
    while signal.sigtimedwait(ends, UPKEEP) is None:
        _keep_up(cloud)
    _tell_systemd("STOPPING=1")
    for server in servers:
        server.shutdown()
    worker.stop()
    worker.join(timeout=30)
    if held:
        held.close()
    log.info("ended")


def _hold(url: str) -> sqlite3.Connection | None:
    """Hold a connection to SQLite open: the last one that closes writes the whole log back, 4 ms for every message."""
    if not url.startswith("sqlite:"):
        return None
    held = sqlite3.connect(urlparse(url).path)
    held.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return held


def _size_limit(cloud: Mapping[str, Any]) -> int:
    """Return what the LMTP socket takes: Postfix counts before it adds its own fields, and without line ends."""
    return 2 * int(cloud["message_size_limit"]) + 1_000_000


def _listen(cloud: Mapping[str, Any], name: str, make: Any) -> socketserver.BaseServer:  # noqa: ANN401
    """Bind one Unix socket that only the service's group may dial."""
    path: Path = cloud[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    before = os.umask(0o117)
    try:
        server: socketserver.BaseServer = make(str(path))
    finally:
        os.umask(before)
    if cloud["socket_group"]:
        try:
            os.chown(path, -1, grp.getgrnam(cloud["socket_group"]).gr_gid)
        except (KeyError, PermissionError) as error:
            log.warning("%s stays with our own group: %s", path, error)
    return server


def _keep_up(cloud: Mapping[str, Any]) -> None:
    """What time does: expiry, end of grace, orphaned blobs, transit keys that nothing waits for."""
    try:
        with store.session():
            expired = copies.expire_due(store.now())
            purged = copies.purge_due(store.now(), Path(cloud["blobs"]))
            swept = copies.sweep(Path(cloud["blobs"]))
            destroyed = transit.sweep(Path(cloud["transit_keys"]))
            if cloud["database"].startswith("sqlite:"):
                # What was deleted must not live on in the log.
                store.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    except (peewee.PeeweeException, OSError) as error:
        log.error("upkeep waits: %s: %s", type(error).__name__, error)
        return
    log.info("upkeep expired=%d purged=%d blobs_swept=%d keys_destroyed=%d", expired, purged, swept, len(destroyed))


def _tell_systemd(state: str) -> None:
    """Tell systemd (sd_notify(3)), where it started us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


if __name__ == "__main__":
    main()
