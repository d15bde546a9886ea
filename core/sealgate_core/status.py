"""Replies and exit statuses, one catalogue: SMTP code, enhanced code (RFC 3463) and public text.

The text goes to senders and into bounces, so it never says more than they may know; the cause goes to the log.
"""

from dataclasses import dataclass
from typing import Final

EX_OK: Final = 0
EX_USAGE: Final = 64
EX_TEMPFAIL: Final = 75
"""The only status with which our pipe program ends in trouble: Postfix defers on it (pipe(8), sysexits.h)."""


@dataclass(frozen=True)
class Reply:
    """One SMTP reply: `code` such as 451, `enhanced` such as `4.3.0`, `text` in ASCII without line breaks."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} {self.text}"

    @property
    def permanent(self) -> bool:
        """True for a 5xx reply."""
        return self.code >= 500


OK = Reply(250, "2.0.0", "Ok")
DELIVERED = Reply(250, "2.1.5", "delivered")
SOFTWARE = Reply(451, "4.3.0", "temporary failure, the message is kept and tried again")
STORAGE = Reply(452, "4.3.1", "no room at the moment, the message is kept and tried again")
UNKNOWN_CERTIFICATE = Reply(450, "4.7.0", "client certificate is not registered here")
NO_CERTIFICATE = Reply(450, "4.7.0", "a registered client certificate is required")
FOREIGN_SENDER = Reply(550, "5.7.1", "sender domain does not belong to the organisation of this certificate")
FOREIGN_SENDER_GATEWAY = Reply(550, "5.7.1", "confidential message, but the sender domain is not ours to send for")
RESERVED_DOMAIN = Reply(550, "5.1.2", "reserved domain")
REJECTED_BY_POLICY = Reply(550, "5.7.1", "rejected by the organisation's policy")
UNSUITABLE_ADDRESS = Reply(550, "5.1.3", "confidential message, but a recipient cannot be reached securely")
TOO_LARGE = Reply(552, "5.3.4", "message is larger than this organisation allows")
UNDECIDED = Reply(451, "4.7.1", "the message could not be judged, it waits and is tried again")


class Refusal(Exception):
    """Ends work on a message with `reply` for the other side and `cause` for the log."""

    def __init__(self, reply: Reply, cause: str = "") -> None:
        super().__init__(cause or reply.text)
        self.reply = reply
        self.cause = cause
