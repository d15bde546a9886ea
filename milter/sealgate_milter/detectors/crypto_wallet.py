"""Addresses of wallets: Bitcoin, Litecoin, Dogecoin and Tron by their checksum, Ethereum's beside a cue."""

from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors import base58
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import Numbers

NAME = "crypto-wallet"
SENTENCE = "Wallet addresses: Bitcoin and its kin with a right checksum anywhere, 0x… beside words such as wallet."
EXAMPLE = "Send it to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"

_VERSIONS = frozenset((0, 5, 22, 30, 48, 50, 65))
_CHARSET = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_SEGWIT, _TAPROOT = 1, 0x2BC830A3
_CUE = r"\bwallet|\beth(?:ereum)?\b|metamask|\busd[tc]\b|\berc-?20|crypto(?:currency| wallet| address)|\bbsc\b|polygon"
_ETHEREUM = Numbers(shape="0[xX][0-9A-Fa-f]{40}", valid=lambda value: len(set(value)) > 8, cue=_CUE)
_OLD, _NEW = r"\b[13LMDT][1-9A-HJ-NP-Za-km-z]{25,33}\b", r"\b(?:bc1|BC1|ltc1|LTC1)[0-9A-Za-z]{38,59}\b"
GATE = f"{_OLD}|{_NEW}|{_ETHEREUM.gate}"
_ANY = re2.compile(f"({_OLD})|{_NEW}".encode())


def find(text: bytes) -> Iterator[Match]:
    """Yield every address in `text` (normalised UTF-8)."""
    for match in _ANY.finditer(text):
        effort.step()
        if _base58(match[0]) if match[1] is not None else bech32(match[0].lower()):
            yield Match(match.start(), match.end(), match[0])
    yield from _ETHEREUM.find(text)


def _base58(shown: bytes) -> bool:
    content = base58.decoded(shown)
    return content is not None and len(content) == 21 and content[0] in _VERSIONS


def bech32(address: bytes) -> bool:
    """Tell whether a lower-case address such as `bc1q…` ends in a right checksum (BIP 173 or 350)."""
    kind, _, data = address.partition(b"1")
    places = [_CHARSET.find(octet) for octet in data]
    values = [*(octet >> 5 for octet in kind), 0, *(octet & 31 for octet in kind), *places]
    if -1 in places:
        return False
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, step in enumerate(_STEPS):
            check ^= step if top >> place & 1 else 0
    return check in (_SEGWIT, _TAPROOT)


FIRES = (
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "my wallet: 0x52908400098527886E0F7030069857D2E4169EE7",
)  # fmt: skip
SILENT = (
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
    "0x52908400098527886E0F7030069857D2E4169EE7", "wallet 0x0000000000000000000000000000000000000000",
)  # fmt: skip
