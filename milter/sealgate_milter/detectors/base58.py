"""Base58Check, in which Bitcoin and its kin write addresses and keys: a version, a hash and four octets of SHA-256."""

import hashlib

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE = {octet: place for place, octet in enumerate(_ALPHABET)}


def decoded(text: bytes) -> bytes | None:
    """Return what `text` (at most 128 octets) says, version first; `None` when its checksum is wrong."""
    number = 0
    for octet in text[:128]:
        place = _VALUE.get(octet)
        if place is None:
            return None
        number = number * 58 + place
    zeros = len(text) - len(text.lstrip(b"1"))
    octets = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    content, checksum = octets[:-4], octets[-4:]
    right = hashlib.sha256(hashlib.sha256(content).digest()).digest()[:4]
    return content if content and checksum == right else None
