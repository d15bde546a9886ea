"""Sealing: the only module that touches cryptographic primitives. `docs/sealing.md` has formats and test vectors.

Everything is what `cryptography` ships: the C2SP chunked-encryption container (Cobblestone-256), HPKE (RFC 9180, hybrid
ML-KEM-768 + X25519), HKDF (RFC 5869); and Argon2id (RFC 9106) by argon2-cffi. Each stored value begins with a format
byte, and each is bound to a context: moved, swapped, cut or replayed elsewhere it does not open.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KEY_SIZE = 32
"""Octets of a message key and of every symmetric opener."""
CONTAINER = b"\x01"
HYBRID = b"\x02"
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class SealBroken(Exception):
    """A sealed value does not open: wrong opener, wrong context, or altered. Says no more than that."""


def new_key() -> bytes:
    """Return a fresh 32-byte key from the system's generator."""
    return secrets.token_bytes(KEY_SIZE)


def context(purpose: str, *fields: str | int | bytes) -> bytes:
    """Return the bytes that a sealed value is bound to: `purpose` and `fields`, each length-prefixed (4 octets)."""
    octets = (f if isinstance(f, bytes) else str(f).encode("utf-8", "surrogateescape") for f in fields)
    parts = [purpose.encode(), *octets]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def derive(key: bytes, purpose: str, size: int = KEY_SIZE) -> bytes:
    """Return `size` octets for `purpose` from a uniformly random `key` (HKDF-Expand, SHA-256)."""
    return HKDFExpand(algorithm=hashes.SHA256(), length=size, info=b"sealgate/v1/" + purpose.encode()).derive(key)


def keyed_hash(key: bytes, *fields: str | bytes) -> str:
    """Return HMAC-SHA-256 (hex) over the length-prefixed `fields`."""
    return hmac.new(key, context("hash", *fields), hashlib.sha256).hexdigest()


def blind(key: bytes, blocks: bytes) -> bytes:
    """Return for each 16 octets of `blocks` 16 that only holders of the 32-byte `key` can tell from random ones.

    AES-256 as a keyed permutation of single blocks: equal blocks give equal results, which is what look-ups rest on.
    It seals nothing.
    """
    return Cipher(AES256(key), ECB()).encryptor().update(blocks)  # noqa: S305 - a permutation is wanted, not a mode


def seal_stream(key: bytes, bound: bytes, source: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `source` sealed under the 32-byte `key` and bound to `bound`; about 0.1 % longer."""
    encryptor = Cobblestone256Encryptor(key, bound)
    yield CONTAINER
    for chunk in source:
        yield encryptor.update(chunk)
    yield encryptor.finalize()


def open_stream(key: bytes, bound: bytes, source: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the plain text of a container, authenticated chunk by chunk; raise `SealBroken` where it is not whole."""
    decryptor = Cobblestone256Decryptor(key, bound)
    chunks = iter(source)
    first = next(chunks, b"")
    if first[:1] != CONTAINER:
        raise SealBroken("not a container of format 1")
    try:
        yield decryptor.update(first[1:])
        for chunk in chunks:
            yield decryptor.update(chunk)
        yield decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        raise SealBroken("sealed content does not open") from error


def seal(key: bytes, bound: bytes, plain: bytes) -> bytes:
    """Return `plain` as one container."""
    return b"".join(seal_stream(key, bound, (plain,)))


def open_sealed(key: bytes, bound: bytes, sealed: bytes) -> bytes:
    """Return the plain text of one container; raise `SealBroken`."""
    return b"".join(open_stream(key, bound, (sealed,)))


@dataclass(frozen=True)
class KeyPair:
    """An HPKE pair: `private` (64 + 32 octets: ML-KEM seed, X25519) and `public` (1,184 + 32 octets)."""

    private: bytes
    public: bytes


def new_pair() -> KeyPair:
    """Return a fresh hybrid ML-KEM-768 + X25519 pair."""
    kem, curve = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
    public = kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return KeyPair(kem.private_bytes_raw() + curve.private_bytes_raw(), public)


def seal_to(public: bytes, bound: bytes, plain: bytes) -> bytes:
    """Return `plain` (a key) sealed to the holder of `public`, bound to `bound` (HPKE base mode, `info`)."""
    kem = MLKEM768PublicKey.from_public_bytes(public[:-32])
    key = hpke.MLKEM768X25519PublicKey(kem, X25519PublicKey.from_public_bytes(public[-32:]))
    return HYBRID + _SUITE.encrypt(plain, key, info=bound)


def open_with(private: bytes, bound: bytes, sealed: bytes) -> bytes:
    """Return what `seal_to` sealed; raise `SealBroken`."""
    if sealed[:1] != HYBRID:
        raise SealBroken("not a hybrid value of format 2")
    kem = MLKEM768PrivateKey.from_seed_bytes(private[:-32])
    key = hpke.MLKEM768X25519PrivateKey(kem, X25519PrivateKey.from_private_bytes(private[-32:]))
    try:
        return _SUITE.decrypt(sealed[1:], key, info=bound)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("sealed key does not open") from error


# -- link secrets ----------------------------------------------------------------------------------------------------


def _base32(value: int, length: int) -> str:
    return "".join(_CROCKFORD[(value >> 5 * place) & 31] for place in reversed(range(length)))


def _link_check(secret: bytes) -> str:
    return _base32(int.from_bytes(hashlib.sha256(b"sealgate/link-check" + secret).digest()[:2], "big") & 1023, 2)


def new_link_secret() -> bytes:
    """Return a fresh link secret: 16 random octets."""
    return secrets.token_bytes(16)


def link_text(secret: bytes) -> str:
    """Return a link secret as 28 Crockford base32 characters: 26 of value, 2 of check."""
    return _base32(int.from_bytes(secret, "big"), 26) + _link_check(secret)


def parse_link_text(text: str) -> bytes | None:
    """Return the secret in `text` (any case, hyphens and blanks anywhere, O I L read as 0 1 1), else `None`."""
    plain = "".join(c for c in text.upper() if c.isalnum()).translate(str.maketrans("OIL", "011"))
    if len(plain) != 28 or any(c not in _CROCKFORD for c in plain):
        return None
    value = 0
    for character in plain[:26]:
        value = value * 32 + _CROCKFORD.index(character)
    if value >= 1 << 128:
        return None
    secret = value.to_bytes(16, "big")
    return secret if hmac.compare_digest(_link_check(secret), plain[26:]) else None


def new_reference() -> str:
    """Return a public reference of a notice: 8 Crockford characters. It identifies and opens nothing."""
    return _base32(secrets.randbits(40), 8)


def link_lookup(secret: bytes) -> bytes:
    """Return the 16-octet look-up id of a link secret: what the cloud stores instead of it."""
    return derive(secret, "link/lookup", 16)


def link_opener(secret: bytes) -> bytes:
    """Return the 32-octet opener of a notice's `link` wraps."""
    return derive(secret, "link/opener")


# -- passwords -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PasswordCost:
    """Argon2id cost: `memory` in KiB, `passes`, `lanes`. The default is RFC 9106's second recommendation."""

    memory: int = 65536
    passes: int = 3
    lanes: int = 4

    def __str__(self) -> str:
        return f"argon2id,m={self.memory},t={self.passes},p={self.lanes}"

    @classmethod
    def parse(cls, text: str) -> "PasswordCost":
        """Return the cost that `str()` wrote."""
        values = dict(item.split("=") for item in text.split(",")[1:])
        return cls(int(values["m"]), int(values["t"]), int(values["p"]))


def password_keys(password: str, salt: bytes, cost: PasswordCost) -> tuple[bytes, bytes]:
    """Return `(verifier, opener)`, 32 octets each, from one Argon2id run over `password` (caller applies NFKC).

    The verifier is stored and compared; the opener is never stored and opens the account key.
    """
    root = hash_secret_raw(
        password.encode(), salt, time_cost=cost.passes, memory_cost=cost.memory, parallelism=cost.lanes,
        hash_len=KEY_SIZE, type=Type.ID,
    )
    return derive(root, "password/verifier"), derive(root, "password/opener")


def same(left: bytes | str, right: bytes | str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode() if isinstance(left, str) else left,
                               right.encode() if isinstance(right, str) else right)


def new_signing_key() -> tuple[bytes, str]:
    """Return `(private, record)` for DKIM (RFC 6376): an RSA-2048 key as PKCS#1 PEM and the text of its DNS record."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()
