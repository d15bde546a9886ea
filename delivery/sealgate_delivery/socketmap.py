"""The map that the direct and the notice instance ask, as a Postfix socketmap (socketmap_table(5)).

`transport` answers for ticket addresses, asked again at every retry; `tls` answers for next hops of members. The queue
manager alone asks `transport` (`postfix-conf/cloud` sees to that), so a question means: this attempt is durably queued.
The first attempt asked about claims its ticket, every other one is discarded.

It can say nothing about TLS but `secure match=…`: a row `may` would switch verification off.
"""

import logging
import re
import socketserver
from collections.abc import Callable, Mapping
from typing import Any

import peewee

from sealgate_core.address import domain_of, ticket_of, unsecured
from sealgate_delivery import directory
from sealgate_delivery.bounded import BoundedServer
from sealgate_delivery.store import Outbox, database, now, session

log = logging.getLogger(__name__)

MAX_REQUEST = 10_000
NOT_FOUND = "NOTFOUND "
_MATCH = re.compile(r"[A-Za-z0-9.-]{1,255}")
_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}")
_TICKET = re.compile(r"([0-9a-f]{32})-([0-9]{1,9})")


def claim(outbox_id: str, attempt: int) -> Outbox | None:
    """Claim a ticket for `attempt` and return its row; `None` when another attempt has it, or there is none."""
    Outbox.update(claimed=attempt).where(Outbox.id == outbox_id, Outbox.claimed.is_null()).execute()
    row: Outbox | None = Outbox.get_or_none(Outbox.id == outbox_id, Outbox.claimed == attempt)
    return row


def transport(address: str, settings: Mapping[str, Any]) -> str:
    """Return where the mail for a ticket address goes now: `OK transport:nexthop`, or `NOTFOUND `."""
    if "@" not in address:
        return NOT_FOUND
    ticket = ticket_of(address)
    if ticket is None:
        # These instances take tickets only, so anything else is a bounce that they wrote themselves.
        return _to_ourselves(settings)
    parts = _TICKET.fullmatch(ticket[0])
    known = Outbox.get_or_none(Outbox.id == parts[1]) if parts else None
    # The path is the row's, whatever the address says: a message must never leave by the way of notices.
    if parts is None or known is None or known.path != ticket[1]:
        return "OK retry:4.3.0 unknown ticket"
    if domain_of(unsecured(address)) != domain_of(known.recipient):
        return "OK retry:4.3.0 not the recipient of this ticket"
    with database.atomic():
        row = claim(known.id, int(parts[2]))
    if row is None:
        return "OK discard:handed over twice, the other one is delivered"
    return _notice(row, settings) if row.path == "notice" else _direct(row, settings)


def _to_ourselves(settings: Mapping[str, Any]) -> str:
    return f"OK sgportal:unix:{settings['lmtp_socket']}"


def _notice(row: Outbox, settings: Mapping[str, Any]) -> str:
    domain = domain_of(row.recipient)
    if not _DOMAIN.fullmatch(domain):
        return "OK error:5.1.2 no such domain name"
    return f"OK notice:{settings['notice_nexthop'] or domain}"


def _direct(row: Outbox, settings: Mapping[str, Any]) -> str:
    member = directory.member_of(row.recipient)
    falls = row.kind == "relay"
    late = row.deadline and now() >= row.deadline
    if falls and (member is None or late or row.state == "portal"):
        return _to_ourselves(settings)
    if member is None:
        return "OK retry:4.4.4 the recipient's organisation has no mail server registered here"
    return f"OK direct:{directory.nexthop(member)}"


def tls(hop: str, _: Mapping[str, Any]) -> str:
    """Return the TLS policy of a next hop: `OK secure match=NAME`, or `NOTFOUND ` (then the mail waits)."""
    member = directory.member_at(hop)
    if member is None or not _MATCH.fullmatch(member.tls_match):
        return NOT_FOUND
    return f"OK secure match={member.tls_match}"


MAPS: dict[str, Callable[[str, Mapping[str, Any]], str]] = {"transport": transport, "tls": tls}


def answer(request: str, settings: Mapping[str, Any]) -> str:
    """Return the reply to `MAP KEY`; `TEMP …` when the store cannot be asked, which makes Postfix wait."""
    name, _, key = request.partition(" ")
    lookup = MAPS.get(name)
    if lookup is None:
        return "PERM no such map"
    try:
        with session():
            return lookup(key, settings)
    except (peewee.PeeweeException, OSError) as error:
        log.error("map store unavailable: %s", type(error).__name__)
        return "TEMP store unavailable"


class Session(socketserver.StreamRequestHandler):
    """One connection of a Postfix program; requests and replies are netstrings."""

    timeout = 600
    server: "Server"

    def handle(self) -> None:
        """Answer until the other side closes or breaks the protocol."""
        try:
            while (request := self._read()) is not None:
                reply = answer(request.decode("utf-8", "surrogateescape"), self.server.settings)
                octets = reply.encode("utf-8", "surrogateescape")
                self.wfile.write(b"%d:%s," % (len(octets), octets))
                self.wfile.flush()
        except OSError as error:
            log.info("map connection ended: %s", type(error).__name__)

    def _read(self) -> bytes | None:
        length = b""
        while (octet := self.rfile.read(1)) != b":":
            length += octet
            if not octet.isdigit() or len(length) > 5:
                return None
        if not length or int(length) > MAX_REQUEST:
            return None
        request = self.rfile.read(int(length))
        return request if self.rfile.read(1) == b"," and len(request) == int(length) else None


class Server(BoundedServer):
    """Listens on a Unix socket for Postfix's map clients."""

    def __init__(self, path: str, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        super().__init__(path, Session)
