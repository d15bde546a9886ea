"""One SMTP transaction as the milter collects it: no decision here, and nothing of pymilter."""

from dataclasses import dataclass, field

from sealgate_core.tag import Field


def bare(argument: str) -> str:
    """Return the address in a `MAIL FROM` or `RCPT TO` argument: smtpd(8) gives `<a@b>`, sendmail(1) mail `a@b`."""
    return argument[1:-1] if argument.startswith("<") and argument.endswith(">") else argument


@dataclass(frozen=True)
class Recipient:
    """One recipient: `rcpt_to` byte for byte as Postfix gave it, and its ESMTP `parameters` (`NOTIFY=…`, `ORCPT=…`)."""

    rcpt_to: str
    parameters: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The address without angle brackets."""
        return bare(self.rcpt_to)


@dataclass
class Transaction:
    """What the callbacks collect between `MAIL FROM` and end of message.

    Text that is no UTF-8 travels as surrogate escapes; header values and body stay bytes. A body over `max_size` is
    counted but no longer kept, so `too_large` decides about it and not about its beginning.
    """

    mail_from: str
    max_size: int
    queue_id: str = "-"
    _recipients: dict[str, Recipient] = field(default_factory=dict)
    header: list[Field] = field(default_factory=list)
    size: int = 0
    _chunks: list[bytes] = field(default_factory=list)

    @property
    def sender(self) -> str:
        """The envelope sender without angle brackets; empty for a bounce."""
        return bare(self.mail_from)

    @property
    def recipients(self) -> list[Recipient]:
        """The recipients in order."""
        return [*self._recipients.values()]

    @property
    def too_large(self) -> bool:
        """True when header and body together are over the limit."""
        return self.size > self.max_size

    @property
    def body(self) -> bytes:
        """The body as it came, CRLF line ends."""
        if len(self._chunks) > 1:
            self._chunks = [b"".join(self._chunks)]
        return self._chunks[0] if self._chunks else b""

    def add_recipient(self, rcpt_to: str, parameters: tuple[str, ...]) -> None:
        """Note a recipient; the same one twice is one recipient, since Postfix deletes by address."""
        self._recipients.setdefault(rcpt_to, Recipient(rcpt_to, parameters))

    def add_field(self, name: str, value: bytes) -> None:
        """Note a header field."""
        encoded = name.encode("utf-8", "surrogateescape")
        self.size += len(encoded) + len(value) + 4
        if not self.too_large:
            self.header.append((encoded, value))

    def add_body(self, chunk: bytes) -> None:
        """Note a piece of the body."""
        self.size += len(chunk)
        if self.too_large:
            self._chunks.clear()
        else:
            self._chunks.append(chunk)
