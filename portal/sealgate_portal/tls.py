"""TLS in front of waitress, which has none: one thread, one asyncio loop, an unnamed door to the inside.

Waitress reads and writes a connection from several threads, which a TLS connection of OpenSSL does not allow. So each
visitor's connection ends here, and its plain octets go through a Unix socket in a private folder. The visitor's
address travels as the name that our end of that socket is bound to; nobody outside this process can bind or dial it.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import socket
import ssl
import sys
import threading
from collections import Counter
from pathlib import Path

from waitress.server import UnixWSGIServer

log = logging.getLogger(__name__)

CHUNK = 65536
HANDSHAKE = 10.0
STALL = 300.0
"""Seconds that a side may leave what was sent to it unread."""
CONNECTIONS = 500
"""At a time; more wait in the listening queue of the system."""
PER_VISITOR = 100
"""At a time from one address, so that one visitor cannot take the room of all; a company may share one."""
_PREFIX = b"\0sealgate-portal/"


class InsideServer(UnixWSGIServer):  # type: ignore[misc]
    """Waitress on the Unix socket, with the visitor's address instead of none."""

    def fix_addr(self, addr: object) -> tuple[str, int | None]:
        """Return the visitor's address out of the name of the other end."""
        if isinstance(addr, bytes) and addr.startswith(_PREFIX):
            return (addr.split(b"/")[2].decode("ascii"), None)
        return ("127.0.0.1", None)


def settle_groups() -> None:
    """Start this program anew with our list of key-exchange groups in force, unless the admin has set one.

    Python 3.11 can name one group for a context, not a list; OpenSSL reads lists from its configuration file, once,
    when a process first uses it. Returns only where that is done.
    """
    if "OPENSSL_CONF" not in os.environ:
        settled = os.environ | {"OPENSSL_CONF": str(Path(__file__).with_name("openssl.cnf"))}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], settled)  # noqa: S606 (no shell is wanted)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the context of Mozilla's intermediate configuration: TLS 1.2 and 1.3, forward secrecy, no compression."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


class Terminator(threading.Thread):
    """Takes TLS connections on `outside` and carries their octets to the Unix socket `inside` and back."""

    def __init__(self, outside: socket.socket, inside: Path, context: ssl.SSLContext) -> None:
        super().__init__(name="tls", daemon=True)
        self.outside = outside
        self.inside = inside
        self.context = context
        self._number = itertools.count()
        self._present: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()

    def run(self) -> None:
        """Serve until `stop`."""
        asyncio.set_event_loop(self._loop)
        with contextlib.suppress(RuntimeError):  # "Event loop stopped before Future completed": that is stop()
            self._loop.run_until_complete(self._serve())

    def stop(self) -> None:
        """End the loop; open connections are cut."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self) -> None:
        self._room = asyncio.Semaphore(CONNECTIONS)
        server = await asyncio.start_server(
            self._visitor, sock=self.outside, ssl=self.context, ssl_handshake_timeout=HANDSHAKE,
            ssl_shutdown_timeout=5.0, limit=CHUNK)
        async with server:
            await server.serve_forever()

    async def _visitor(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a visitor who has not too many connections already."""
        address = writer.get_extra_info("peername")[0]
        if self._present[address] >= PER_VISITOR:
            writer.close()
            return
        self._present[address] += 1
        try:
            await self._join(address, reader, writer)
        finally:
            self._present[address] -= 1
            self._present += Counter()  # drops those who have gone

    async def _join(self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one visitor's connection with one of waitress."""
        async with self._room:
            try:
                inner_reader, inner_writer = await self._inside(address)
                inbound = asyncio.ensure_future(_pump(reader, inner_writer))
                await _pump(inner_reader, writer)
                # Waitress has closed: nothing that the visitor still sends is of interest.
                inbound.cancel()
                inner_writer.close()
            except OSError as error:
                log.info("connection ended early: %s", error.__class__.__name__)
            finally:
                writer.close()

    async def _inside(self, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        end.setblocking(False)
        end.bind(_PREFIX + f"{id(self)}-{next(self._number)}/{address}".encode("ascii"))
        await self._loop.sock_connect(end, str(self.inside))
        return await asyncio.open_unix_connection(sock=end, limit=CHUNK)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Carry octets until either side ends; never hold more than a chunk."""
    with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
        while chunk := await source.read(CHUNK):
            sink.write(chunk)
            async with asyncio.timeout(STALL):
                await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
