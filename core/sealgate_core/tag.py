"""The tag `X-Sealgate:` and the peer field `X-Sealgate-Peer:`, both in DKIM tag-list syntax (RFC 6376 section 3.2).

    X-Sealgate: v=1; id=<stamp>; rule=<name>; h=<hex HMAC-SHA-256>
    X-Sealgate-Peer: v=1; tenant=<name>; fp=<fingerprint>

A header here is a sequence of `(name, raw value)` in message order, both `bytes`, the value as it stands after the
colon (folded lines included). A body is `bytes` with CRLF or LF line ends.
"""

import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable, Sequence

FIELD = "X-Sealgate"
PEER_FIELD = "X-Sealgate-Peer"
PREFIX = b"x-sealgate"
"""Every field whose lower-case name starts with this is ours; from anywhere else it is forged."""

Field = tuple[bytes, bytes]

_DIGESTED = (b"from", b"subject", b"date", b"message-id", b"content-type", b"content-transfer-encoding")
_SAFE = re.compile(r"[^A-Za-z0-9._:/@+-]")
_SPACE = re.compile(rb"[ \t\r\n]+")
_REQUEUED = re.compile(rb"[ \t]*by \S+ \([^()]*, from userid ([0-9]+)\)")


def new_stamp() -> str:
    """Return a fresh stamp: a random UUID in lower-case text form."""
    return str(uuid.uuid4())


def content_digest(header: Iterable[Field], body: bytes) -> str:
    """Return the SHA-256 (hex) of what a message says, the same on every hop and retry.

    Covers From, Subject, Date, Message-ID, Content-Type and Content-Transfer-Encoding (white space folded) and the
    body (line ends as LF, empty lines at the end dropped). Trace fields and everything else stay out: they change on
    the way.
    """
    digest = hashlib.sha256()
    wanted = [(name.lower(), value) for name, value in header if name.lower() in _DIGESTED]
    for name, value in sorted(wanted, key=lambda field: _DIGESTED.index(field[0])):
        folded = _SPACE.sub(b" ", value).strip()
        digest.update(b"%d:%s%d:%s" % (len(name), name, len(folded), folded))
    text = body.replace(b"\r\n", b"\n").rstrip(b"\n") if b"\r\n" in body else body.rstrip(b"\n")
    digest.update(b"\n")
    digest.update(text)
    return digest.hexdigest()


def _mac(key: bytes, stamp: str, sender: str, content: str) -> str:
    text = "\n".join(("sealgate-tag-v1", stamp, sender, content))
    return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def make(key: bytes, stamp: str, rule: str, sender: str, content: str) -> str:
    """Return the value of an `X-Sealgate` field, ASCII, below 200 characters.

    `key`: the gateway's 32-byte tag key; `rule`: name of the rule that fired (unsafe characters become `_`);
    `sender`: the envelope sender as given; `content`: `content_digest` of the message.
    """
    rule = _SAFE.sub("_", rule)[:48]
    return f"v=1; id={stamp}; rule={rule}; h={_mac(key, stamp, sender, content)}"


def parse(value: bytes | str) -> dict[str, str]:
    """Return a tag list as a mapping; `{}` for anything malformed: an unknown version, a name twice, non-ASCII."""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    found: dict[str, str] = {}
    for item in text.split(";"):
        name, separator, content = item.partition("=")
        name, content = name.strip(), content.strip()
        if not name and not content:
            continue
        if not separator or name in found or not name.isidentifier() or not content.isascii():
            return {}
        found[name] = content
    return found if found.get("v") == "1" else {}


def verify(value: bytes | str, key: bytes, sender: str, content: str) -> str | None:
    """Return the stamp of a tag that this gateway made for this very message, else `None`."""
    tags = parse(value)
    stamp = tags.get("id", "")
    good = hmac.compare_digest(tags.get("h", ""), _mac(key, stamp, sender, content))
    return stamp if good and stamp else None


def stamp_of(value: bytes | str) -> str | None:
    """Return the stamp in a tag without proving it, else `None`. The cloud trusts it because the hop was mutual TLS."""
    try:
        return str(uuid.UUID(parse(value).get("id", "")))
    except ValueError:
        return None


def make_peer(tenant: str, fingerprint: str) -> str:
    """Return the value of an `X-Sealgate-Peer` field."""
    return f"v=1; tenant={_SAFE.sub('_', tenant)}; fp={_SAFE.sub('_', fingerprint)}"


def without_requeues(header: Sequence[Field], owner: int) -> Sequence[Field]:
    """Return `header` without the `Received:` lines on top that a requeue (`postsuper -r`) put there.

    `owner`: the Unix user of Postfix's queue. Its pickup(8) names who wrote a file, so another user of this host, whose
    mail comes by sendmail(1), cannot pass for a requeue.
    """
    for place, (name, value) in enumerate(header):
        match = _REQUEUED.match(value) if name.lower() == b"received" else None
        if not match or int(match[1]) != owner:
            return header[place:]
    return ()


def trusted_peer(header: Sequence[Field]) -> dict[str, str]:
    """Return the peer field that our own smtpd put above its `Received:` line, else `{}`.

    Exactly one field above the first `Received:` counts (a leading `Return-Path:` is passed over); a field below it
    came with the message and is forged.
    """
    above: list[bytes] = []
    for name, value in header:
        if name.lower() == b"received":
            break
        if name.lower() == PEER_FIELD.lower().encode():
            above.append(value)
    else:
        return {}
    return parse(above[0]) if len(above) == 1 else {}
