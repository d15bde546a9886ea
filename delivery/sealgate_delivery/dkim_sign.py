"""DKIM signatures (RFC 6376) on what we write ourselves, by dkimpy; the last thing done to the bytes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dkim

from sealgate_core.address import domain_of

SIGNED = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type", b"auto-submitted"]


def sign(mail: bytes, settings: Mapping[str, Any]) -> bytes:
    """Return `mail` (CRLF line ends) with a DKIM-Signature for the domain of `notice_from`, or as it is without a key.

    Raises `OSError` when the key cannot be read: an unsigned notice looks like phishing, so it waits instead.
    """
    if not settings["dkim_key"]:
        return mail
    signature: bytes = dkim.sign(
        mail, settings["dkim_selector"].encode(), domain_of(settings["notice_from"]).encode(),
        Path(settings["dkim_key"]).read_bytes(), include_headers=SIGNED, canonicalize=(b"relaxed", b"relaxed"),
    )
    return signature + mail
