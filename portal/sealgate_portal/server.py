"""sealgate-portal: the recipients' web application.

    sealgate-portal --config /etc/sealgate/cloud.toml

Listens on `portal_listen`: with `portal_tls_certificate` and `portal_tls_key` by HTTPS, else by plain HTTP for a proxy
on the same machine. Ends on SIGTERM. Exit status: 0 after SIGTERM, 64 for a bad command line, 78 for a configuration
that cannot be used.
"""

import argparse
import logging
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

from sealgate_core.parameters import ParameterError
from sealgate_delivery import accounts, settings
from sealgate_delivery.store import database
from sealgate_portal import application, codes, sessions, throttle, tls

EX_CONFIG = 78
THREADS = 8
SWEEP = 600
"""Seconds between two rounds of removing what is over."""
log = logging.getLogger("sealgate_portal")


def main(arguments: list[str] | None = None) -> int:
    """Run the portal until it is told to stop."""
    parser = argparse.ArgumentParser(prog="sealgate-portal", description="The recipients' web application of Sealgate.")
    parser.add_argument("--config", type=Path, default=Path("/etc/sealgate/cloud.toml"), metavar="FILE",
                        help="cloud.toml (default: %(default)s)")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    # One line a dropped connection is noise; the queue depth says nothing that an operator could use.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        cloud = settings.PARAMETERS.load(given.config)
        if arguments is None and has_tls(cloud):
            tls.settle_groups()
        portal = Portal(cloud)
    except (ParameterError, OSError, ValueError) as error:
        print(f"sealgate-portal: {error}", file=sys.stderr)
        return EX_CONFIG
    signal.signal(signal.SIGTERM, portal.stop)
    signal.signal(signal.SIGINT, portal.stop)
    portal.run()
    return 0


class Portal:
    """The listening portal: application, waitress, and TLS in front of it where it has a certificate."""

    def __init__(self, cloud: Mapping[str, Any]) -> None:
        self.cloud = cloud
        application.connect(cloud)
        self.application = application.build(cloud)
        self.ended = threading.Event()
        self.outside = listen(cloud["portal_listen"])
        self.port: int = self.outside.getsockname()[1]
        self.terminator: tls.Terminator | None = None
        self.folder = tempfile.TemporaryDirectory(prefix="sealgate-portal-")
        if has_tls(cloud):
            self.server = self._behind_tls()
        else:
            self.server = create_server(self.application, sockets=[self.outside], **limits(cloud))

    def run(self) -> None:
        """Serve until `stop`."""
        if self.terminator:
            self.terminator.start()
        threading.Thread(target=self._sweep, name="sweep", daemon=True).start()
        log.info("listening on %s as %s", self.cloud["portal_listen"], self.cloud["portal_url"])
        self.server.run()
        self.folder.cleanup()

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """End: no new connections, requests in work are finished."""
        self.ended.set()
        if self.terminator:
            self.terminator.stop()
        # Waitress leaves its loop on SystemExit and then lets its threads finish.
        raise SystemExit(0)

    def sweep(self) -> None:
        """Remove what is over: sessions, codes, counters, remembered devices."""
        sessions.sweep(self.cloud["session_idle"], self.cloud["session_absolute"])
        codes.sweep()
        throttle.sweep()
        accounts.sweep_devices()

    def _behind_tls(self) -> tls.InsideServer:
        inside = Path(self.folder.name) / "inside.sock"
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        door.bind(str(inside))
        adjustments = Adjustments(**limits(self.cloud))
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(adjustments.threads)
        context = tls.server_context(self.cloud["portal_tls_certificate"], self.cloud["portal_tls_key"])
        self.terminator = tls.Terminator(self.outside, inside, context)
        return tls.InsideServer(
            self.application, map={}, _sock=door, dispatcher=dispatcher, adj=adjustments, bind_socket=False,
            sockinfo=(socket.AF_UNIX, socket.SOCK_STREAM, None, str(inside)))

    def _sweep(self) -> None:
        while not self.ended.wait(SWEEP):
            try:
                with database.connection_context():
                    self.sweep()
            except Exception:  # the edge of a thread: a locked database must not end the sweeping for good
                log.exception("what is over could not be removed; the next round tries again")


def has_tls(cloud: Mapping[str, Any]) -> bool:
    """Tell whether the portal has a certificate of its own."""
    return str(cloud["portal_tls_certificate"]) not in {"", "."}


def limits(cloud: Mapping[str, Any]) -> dict[str, Any]:
    """Return waitress's adjustments. The overflow sizes lie above every body, so that none goes to a temporary file."""
    largest = cloud["message_size_limit"] * 2 + (16 << 20)
    return {
        "threads": THREADS, "ident": None, "max_request_header_size": 65536,
        # Room above our own limit: a little too much is answered with a page.
        "max_request_body_size": largest, "inbuf_overflow": largest + (16 << 20),
        "outbuf_overflow": 1 << 40, "outbuf_high_watermark": 1 << 20,
        "channel_timeout": 120, "connection_limit": 1000, "clear_untrusted_proxy_headers": False,
        "expose_tracebacks": False,
        # select() ends the process at the 1024th descriptor.
        "asyncore_use_poll": True,
    }


def listen(where: str) -> socket.socket:
    """Return a listening socket for `host:port` (`[v6]:port` too)."""
    host, _, port = where.rpartition(":")
    if not port.isdigit():
        raise ValueError(f"portal_listen {where!r}: write host:port, such as 127.0.0.1:8080 or [::]:443")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, int(port)), family=family, backlog=1024)


if __name__ == "__main__":
    raise SystemExit(main())
