"""A Unix socket server with a thread a connection, and a limit to their number."""

import logging
import socketserver
import sys
import threading
from typing import Any

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 500
"""More than Postfix opens with its default limit of 100 processes an instance."""


class BoundedServer(socketserver.ThreadingUnixStreamServer):
    """Serves at most `MAX_CONNECTIONS` at once; one too many is closed, which Postfix takes for "try later"."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: str, handler: type[socketserver.BaseRequestHandler]) -> None:
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(path, handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own types
        """Start a thread for a connection, or close it."""
        if not self._free.acquire(blocking=False):
            log.error("too many connections on %s", self.server_address)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Serve a connection and give its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Log what a connection died of; never its content, which a traceback could show."""
        log.error("connection on %s died: %s", self.server_address, type(sys.exception()).__name__)
