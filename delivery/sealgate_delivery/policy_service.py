"""Postfix policy delegation (SMTPD_POLICY_README): who may send through this cloud.

At RCPT the client certificate and the sender's domain are judged; at DATA the tenant's name is put above our own
Received line, where nothing that came with the message can stand. An attribute list is `name=value` lines and an empty
one; the answer is `action=…` and an empty line.
"""

import logging
import socketserver

import peewee

from sealgate_core import tag
from sealgate_core.address import is_secured
from sealgate_core.status import FOREIGN_SENDER, NO_CERTIFICATE, RESERVED_DOMAIN, SOFTWARE, UNKNOWN_CERTIFICATE
from sealgate_delivery import directory
from sealgate_delivery.bounded import BoundedServer
from sealgate_delivery.store import session

log = logging.getLogger(__name__)

MAX_LINE = 8192
MAX_ATTRIBUTES = 200

Attributes = dict[str, str]


def judge(attributes: Attributes) -> str:
    """Return the action for one request: an SMTP reply, `PREPEND …` at DATA, `OK` at RCPT, `DUNNO` elsewhere.

    `OK`, because the list that asks us ends in `defer`: without our word nothing is taken.
    """
    fingerprints = [attributes.get("ccert_fingerprint", ""), attributes.get("ccert_pubkey_fingerprint", "")]
    if not any(fingerprints):
        return str(NO_CERTIFICATE)
    tenant = directory.tenant_of_certificate(fingerprints)
    if tenant is None:
        return str(UNKNOWN_CERTIFICATE)
    if not directory.may_send(tenant, attributes.get("sender", "")):
        return str(FOREIGN_SENDER)
    state = attributes.get("protocol_state", "")
    if state == "RCPT" and is_secured(attributes.get("recipient", "")):
        return str(RESERVED_DOMAIN)
    if state == "DATA":
        return f"PREPEND {tag.PEER_FIELD}: {tag.make_peer(tenant.name, fingerprints[0] or fingerprints[1])}"
    return "OK" if state == "RCPT" else "DUNNO"


def answer(attributes: Attributes) -> str:
    """Return `judge`'s action, or a temporary refusal when the store cannot be asked."""
    try:
        with session():
            action = judge(attributes)
    except (peewee.PeeweeException, OSError, ValueError) as error:
        log.error("policy store unavailable: %s", type(error).__name__)
        return str(SOFTWARE)
    if not action.startswith(("DUNNO", "OK", "PREPEND")):
        log.warning("queue_id=%s client=%s refused: %s", attributes.get("queue_id", ""),
                    attributes.get("client_address", ""), action)
    return action


class Session(socketserver.StreamRequestHandler):
    """One connection of a Postfix smtpd; it asks many times."""

    timeout = 600

    def handle(self) -> None:
        """Answer until the other side closes or breaks the protocol."""
        try:
            while (attributes := self._read()) is not None:
                self.wfile.write(f"action={answer(attributes)}\n\n".encode("ascii", "replace"))
                self.wfile.flush()
        except OSError as error:
            log.info("policy connection ended: %s", type(error).__name__)

    def _read(self) -> Attributes | None:
        attributes: Attributes = {}
        for _ in range(MAX_ATTRIBUTES):
            line = self.rfile.readline(MAX_LINE)
            if not line.endswith(b"\n"):
                return None
            if line == b"\n":
                return attributes
            name, _, value = line[:-1].decode("utf-8", "surrogateescape").partition("=")
            attributes[name] = value
        return None


class Server(BoundedServer):
    """Listens on a Unix socket for Postfix's smtpd."""

    def __init__(self, path: str) -> None:
        super().__init__(path, Session)
