"""Postfix's own notices show the routing suffix in their text; here it is taken out before anybody reads it.

A bounce or delay notice is `multipart/report` (RFC 3462) with an empty envelope sender. Only its human part and its
`message/delivery-status` part are touched; the returned message behind them stays as it is.
"""

import re
from collections.abc import Sequence

from sealgate_core.address import SUFFIX
from sealgate_core.tag import Field

_SUFFIX = re.compile(rb"(?:\.(?:hold|reject|again))?\." + re.escape(SUFFIX.encode()), re.IGNORECASE)
_BOUNDARY = re.compile(rb"""boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))""", re.IGNORECASE)
_RETURNED = re.compile(
    rb"^content-type:\s*(?:message/(?:rfc822|global)(?!-delivery-status)|text/rfc822-headers)",
    re.IGNORECASE | re.MULTILINE,
)


def cleaned(sender: str, header: Sequence[Field], body: bytes) -> bytes | None:
    """Return the body of a notice without the routing suffix, `None` when there is nothing to change."""
    boundary = b"" if sender else _report_boundary(header)
    if not boundary or not _SUFFIX.search(body):
        return None
    delimiter = b"--" + boundary
    new = delimiter.join(part if _is_returned(part) else _SUFFIX.sub(b"", part) for part in body.split(delimiter))
    return new if new != body else None


def _report_boundary(header: Sequence[Field]) -> bytes:
    for name, value in header:
        if name.lower() == b"content-type" and value.strip().lower().startswith(b"multipart/report"):
            match = _BOUNDARY.search(value)
            return (match[1] or match[2]) if match else b""
    return b""


def _is_returned(part: bytes) -> bool:
    head = re.split(rb"\r?\n\r?\n", part.lstrip(b"\r\n"), maxsplit=1)[0]
    return _RETURNED.search(head) is not None
