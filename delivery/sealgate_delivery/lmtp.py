"""LMTP (RFC 2033) on a Unix socket: the protocol, nothing of what becomes of a message.

One thread a connection. Every line, message and wait has a limit. Extensions: PIPELINING, SIZE (RFC 1870), 8BITMIME,
SMTPUTF8 (RFC 6531), ENHANCEDSTATUSCODES, DSN (RFC 3461) and Postfix's XFORWARD.
"""

import logging
import re
import socketserver
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from sealgate_core.status import OK, SOFTWARE, Reply
from sealgate_delivery.bounded import BoundedServer

log = logging.getLogger(__name__)

MAX_LINE = 4096
"""Octets of a command line: RFC 5321's 512 and room for DSN and SMTPUTF8 parameters."""
MAX_RECIPIENTS = 10_000
"""As many as the pipe transport is given at once (`postfix-conf/cloud`)."""
IDLE = 300
"""Seconds without a byte after which a connection is closed."""

_PATH = re.compile(r"""
    \A(?:FROM|TO):\s*
    <((?:"(?:[^"\\]|\\.)*"|[^">])*)>   # a quoted local part may contain a >
    ((?:\s+\S+)*)\s*\Z
    """, re.IGNORECASE | re.VERBOSE)


def _path(text: str) -> tuple[str, str] | None:
    """Return `(address, parameters)` of MAIL or RCPT; `None` for a syntax error.

    An address with control characters or octets that are not UTF-8 is one: no field and no database takes it.
    """
    match = _PATH.match(text)
    if match is None or not all(c.isprintable() for c in match[1]):
        return None
    return match[1], match[2].strip()


@dataclass
class Recipient:
    """One RCPT TO: `address` as given, `parameters` such as `ORCPT=… NOTIFY=…` as given."""

    address: str
    parameters: str = ""


@dataclass
class Envelope:
    """What came before DATA; `queue_id` is Postfix's, where it told us."""

    sender: str = ""
    parameters: str = ""
    recipients: list[Recipient] = field(default_factory=list)
    queue_id: str = ""


Accept = Callable[[Envelope, bytes], list[Reply]]
"""Takes envelope and message (CRLF line ends, dots undone), returns one reply a recipient, in order. Never raises."""


class _TooLong(Exception):
    """A line over the limit."""


class Session(socketserver.StreamRequestHandler):
    """One LMTP connection. Framework callbacks only: the message itself goes to `server.accept`."""

    timeout = IDLE
    server: "Server"
    _replies: ClassVar[dict[str, Reply]] = {
        "unknown": Reply(500, "5.5.2", "command not recognised"),
        "sequence": Reply(503, "5.5.1", "bad sequence of commands"),
        "syntax": Reply(501, "5.5.4", "syntax error in parameters"),
        "many": Reply(452, "4.5.3", "too many recipients"),
        # Temporary, as all that we say about a message that was let in: nothing confidential is returned.
        "large": Reply(452, "4.3.4", "message is larger than the delivery service takes"),
        "long": Reply(500, "5.5.2", "line too long"),
    }

    def handle(self) -> None:
        """Speak until QUIT, the end of the connection, or a time-out."""
        self.envelope: Envelope | None = None
        self.queue_id = ""
        try:
            self._raw("220 sealgate LMTP")
            while self._turn():
                pass
        except BrokenPipeError:
            log.debug("queue_id=%s the client did not wait for our last line", self.queue_id)
        except (OSError, _TooLong) as error:
            log.info("queue_id=%s lmtp connection ended: %s", self.queue_id, type(error).__name__)

    def _raw(self, *lines: str) -> None:
        self.wfile.write("".join(line + "\r\n" for line in lines).encode("ascii", "replace"))
        self.wfile.flush()

    def _reply(self, reply: Reply) -> None:
        self._raw(str(reply))

    def _turn(self) -> bool:
        line = self.rfile.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            self._reply(self._replies["long"])
            raise _TooLong
        if not line.endswith(b"\n"):
            return False  # the connection ended, perhaps in mid-command
        verb, _, rest = line.decode("utf-8", "surrogateescape").strip().partition(" ")
        command = getattr(self, f"_do_{verb.lower()}", None) if verb.isalpha() else None
        if command is None:
            self._reply(self._replies["unknown"])
            return True
        return command(rest) is not False

    def _do_lhlo(self, _: str) -> None:
        self.envelope = None
        self._raw(
            "250-sealgate", "250-PIPELINING", f"250-SIZE {self.server.size_limit}", "250-8BITMIME", "250-SMTPUTF8",
            "250-ENHANCEDSTATUSCODES", "250-DSN", "250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE",
        )

    def _do_xforward(self, rest: str) -> None:
        for item in rest.split():
            name, _, value = item.partition("=")
            if name.upper() == "IDENT" and value.isalnum():
                self.queue_id = value
        self._reply(OK)

    def _do_mail(self, rest: str) -> None:
        path = _path(rest)
        if self.envelope is not None:
            return self._reply(self._replies["sequence"])
        if path is None:
            return self._reply(self._replies["syntax"])
        size = re.search(r"\bSIZE=(\d{1,18})", path[1], re.IGNORECASE)
        if size and int(size[1]) > self.server.size_limit:
            return self._reply(self._replies["large"])
        self.envelope = Envelope(*path, queue_id=self.queue_id)
        return self._reply(OK)

    def _do_rcpt(self, rest: str) -> None:
        path = _path(rest)
        if self.envelope is None:
            return self._reply(self._replies["sequence"])
        if path is None or not path[0]:
            return self._reply(self._replies["syntax"])
        if len(self.envelope.recipients) >= MAX_RECIPIENTS:
            return self._reply(self._replies["many"])
        self.envelope.recipients.append(Recipient(*path))
        return self._reply(OK)

    def _do_data(self, _: str) -> None:
        envelope, self.envelope = self.envelope, None
        if envelope is None or not envelope.recipients:
            return self._reply(self._replies["sequence"])
        self._raw("354 end with a dot")
        message = self._read_message()
        if message is None:
            replies = [self._replies["large"]] * len(envelope.recipients)
        else:
            replies = self.server.accept(envelope, message)
            if len(replies) != len(envelope.recipients):
                log.error("queue_id=%s %d replies for %d recipients", envelope.queue_id, len(replies),
                          len(envelope.recipients))
                replies = [SOFTWARE] * len(envelope.recipients)
        return self._raw(*map(str, replies))

    def _read_message(self) -> bytes | None:
        """Return the message up to the final dot, or `None` when it was over the limit (it is read to its end)."""
        lines: list[bytes] = []
        size, start, cut = 0, True, False
        while True:
            line = self.rfile.readline(65536)
            if not line:
                raise ConnectionError("closed in mid-message")
            if start and line == b".\r\n":
                break
            if start and line.startswith(b"."):
                line = line[1:]
            # Only CRLF ends a line here (RFC 5321 section 2.3.8): a bare LF cannot smuggle in a final dot.
            # A line longer than one read may be cut between CR and LF.
            start = line.endswith(b"\r\n") or (line == b"\n" and cut)
            cut = line.endswith(b"\r")
            size += len(line)
            if size <= self.server.size_limit:
                lines.append(line)
        return b"".join(lines) if size <= self.server.size_limit else None

    def _do_rset(self, _: str) -> None:
        self.envelope = None
        self._reply(OK)

    def _do_noop(self, _: str) -> None:
        self._reply(OK)

    def _do_vrfy(self, _: str) -> None:
        self._reply(Reply(252, "2.1.5", "send and see"))

    def _do_quit(self, _: str) -> bool:
        self._raw("221 2.0.0 bye")
        return False


class Server(BoundedServer):
    """Listens on a Unix socket; `accept` decides, `size_limit` is in octets."""

    def __init__(self, path: str, accept: Accept, size_limit: int) -> None:
        self.accept = accept
        self.size_limit = size_limit
        super().__init__(path, Session)
