"""Secrets that machines use: private keys, tokens with a known beginning, addresses and headers with a password.

Known beginnings are those that their issuers publish so that leaked tokens can be recognised.
"""

import base64
import binascii
import re
from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors import base58
from sealgate_milter.detectors.match import Match

_PREFIXED = (
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",  # Amazon
    r"gh[pousr]_[0-9A-Za-z]{36}", r"github_pat_[0-9A-Za-z_]{60}", r"gl(?:pat|dt|rt|ptt|oas)-[0-9A-Za-z_-]{20}",
    r"xox[abeoprs]-[0-9A-Za-z-]{20}", r"xapp-[0-9]-[0-9A-Za-z-]{20}",
    r"hooks\.slack\.com/services/T[0-9A-Z]{7,12}/B[0-9A-Z]{7,12}/[0-9A-Za-z]{20}",
    r"discord(?:app)?\.com/api/webhooks/[0-9]{16,20}/[0-9A-Za-z_-]{60}",
    r"[sr]k_(?:live|test)_[0-9A-Za-z]{20}", r"whsec_[0-9A-Za-z+/=]{30}",  # Stripe
    r"sk-(?:proj|ant-[a-z0-9]{3,6}|svcacct)-[0-9A-Za-z_-]{30}", r"sk-[0-9A-Za-z]{48}",
    r"SK[0-9a-f]{32}", r"key-[0-9a-f]{32}",  # Twilio, Mailgun
    r"AIza[0-9A-Za-z_-]{35}", r"ya29\.[0-9A-Za-z_-]{30}", r"GOCSPX-[0-9A-Za-z_-]{28}",  # Google
    r"SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}", r"npm_[0-9A-Za-z]{36}", r"pypi-AgEIcHlwaS5vcmc[0-9A-Za-z_-]{50}",
    r"rubygems_[0-9a-f]{48}", r"dckr_pat_[0-9A-Za-z_-]{27}", r"do[opr]_v1_[0-9a-f]{64}",
    r"shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}", r"hv[sb]\.[0-9A-Za-z_-]{24}", r"hf_[A-Za-z]{34}",
    r"glsa_[0-9A-Za-z]{32}_[0-9a-f]{8}", r"lin_api_[0-9A-Za-z]{40}", r"ATATT3xFfGF0[0-9A-Za-z_=-]{40}",
    r"sq0csp-[0-9A-Za-z_-]{43}", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", r"[0-9]{8,10}:AA[0-9A-Za-z_-]{33}",  # Telegram
)  # fmt: skip
_NAMES = (
    r"(?i:api[ _-]?(?:key|secret|token)|secret[ _-]?key|client[ _-]?secret|(?:access|auth|private)[ _-]?token|"
    r"access[ _-]?key|account[ _-]?key)|(?:\b|_)(?:[Tt]oken|TOKEN|[Ss]ecret|SECRET)\b"
)
_HEADS = {
    "key": r"-BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY|PuTTY-User-Key-File-[0-9]",
    "prefixed": r"\b(?:AKIA|ASIA|gh[pousr]_|github_pat_|gl(?:pat|dt|rt|ptt|oas)-|xox[abeoprs]-|xapp-|"
    r"hooks\.slack\.com/s|discord(?:app)?\.com/api/webhooks/|[sr]k_(?:live|test)_|whsec_|sk-[0-9A-Za-z]|SK[0-9a-f]{4}|key-[0-9a-f]{4}|AIza|ya29\.|GOCSPX-|SG\.|npm_|pypi-Ag|"
    r"rubygems_|dckr_pat_|do[opr]_v1_|shp(?:at|ca|pa|ss)_|hv[sb]\.|hf_|glsa_|lin_api_|ATATT3x|sq0csp-|AGE-SECRET-KEY|"
    r"[0-9]{8,10}:AA)",
    "jwt": r"\beyJ[0-9A-Za-z_-]+\.eyJ",
    "address": r"[a-z0-9]://[^\s/@\"'<>]*:[^\s/@\"'<>]+@",
    "header": r"(?i:authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token)\s)|\b[Bb]earer ",
    "named": _NAMES,
    "wif": r"\b[5KL][1-9A-HJ-NP-Za-km-z]{50}",
}
GATE = "|".join(_HEADS.values())
"""Where any of them could be."""
_ANY = re2.compile("|".join(f"({head})" for head in _HEADS.values()).encode())
_TOKEN = re.compile("|".join(_PREFIXED).encode())
_JWT = re.compile(rb"(eyJ[0-9A-Za-z_-]{10,2000})\.eyJ[0-9A-Za-z_-]{10,8000}\.[0-9A-Za-z_-]{20,1000}")
_VALUE = re.compile(rb"[\"']?[0-9A-Za-z._~+/=-]{12,300}")
_ASSIGNED = re.compile(rb"[\"']?\s{0,3}(?:=>?|:=?|\bis\b)\s{0,3}[\"']?([0-9A-Za-z_.+/=-]{20,300})")
_BODY = re.compile(rb"[0-9A-Za-z+/=]{40,}")
_PLACEHOLDER = re.compile(
    rb"(?i)(?:my|your|the|some|user|db|root|test)?[ _-]?"
    rb"(?:pass(?:word|wd)?|pwd|pw|secret|token|credentials?|key|x+|\*+|\.+)"
    rb"|[a-z]*passw(?:or)?d|wachtwoord|passwort|(?-i:[a-z]{1,5})|[0-9]{1,4}|changeme|(?-i:[A-Z_]+)|[$<{%[*].*|.*[{}<>].*"
)
HEADERS = 400
"""Octets between a private key's head and its text."""


def find(text: bytes) -> Iterator[Match]:
    """Yield every such secret in `text` (normalised UTF-8)."""
    for match in _ANY.finditer(text):
        effort.step()
        found = _JUDGES[(match.lastindex or 1) - 1](text, match.start(), match.end())
        if found is not None:
            yield found


def _key(text: bytes, start: int, end: int) -> Match | None:
    """Return a private key by the first line of its text; its head alone is none."""
    body = _BODY.search(text, end, end + HEADERS)
    return Match(start, body.end(), body[0]) if body else None


def _prefixed(text: bytes, start: int, _end: int) -> Match | None:
    found = _TOKEN.match(text, start)
    before = text[max(0, start - 16) : start]
    # A signed link names its key, which opens nothing without the secret.
    if found is None or not _random(found[0][-20:], 8) or before.endswith((b"_", b"Credential=", b"AccessKeyId=")):
        return None
    return Match(start, found.end(), found[0])


def _jwt(text: bytes, start: int, _end: int) -> Match | None:
    """Return a web token that stands by itself: those inside addresses are mostly a newsletter's way to count."""
    found = _JWT.match(text, start)
    if found is None or _in_address(text, start):
        return None
    return Match(start, found.end(), found[0]) if b'"alg"' in _unpacked(found[1]) else None


def _address(text: bytes, start: int, end: int) -> Match | None:
    """Return the password of an address such as `scheme://user:password@host` unless it is a stand-in."""
    user, _, password = text[start + 4 : end - 1].partition(b":")
    if len(password) < 3 or len(password) > 128 or password.lower() == user.lower() or _PLACEHOLDER.fullmatch(password):
        return None
    return Match(end - 1 - len(password), end - 1, password) if text[end : end + 1].isalnum() else None


def _header(text: bytes, start: int, end: int) -> Match | None:
    found = _VALUE.match(text, end)
    if found is None:
        return None
    if b"basic" in text[start:end].lower():
        right = b":" in _unpacked(found[0])[1:]
    elif text[start:end].lower() == b"bearer ":
        right = len(found[0]) >= 30 and _looks_made(found[0])
    else:
        right = _random(found[0], 8) and re.search(rb"[0-9]", found[0]) is not None
    return Match(end, found.end(), found[0]) if right else None


def _named(text: bytes, start: int, end: int) -> Match | None:
    found = _ASSIGNED.match(text, end)
    if found is None:
        return None
    value = found[1]
    if text[start:end].strip(b"_").lower() in (b"token", b"secret"):
        # Links of all kinds carry a token that opens nothing else.
        made = len(value) >= 30 and _looks_made(value) and not _in_address(text, start)
        return Match(*found.span(1), value) if made else None
    code = value.count(b".") > 2 or (value.startswith(b"/") and len(value) < 32)
    long = re.fullmatch(rb"[0-9A-Za-z+/=]{32,}", value) is not None
    few = len(re.findall(rb"[0-9]", value)) < (1 if long else 2)
    return None if code or few or not _random(value, 10) else Match(*found.span(1), value)


def _wif(text: bytes, start: int, end: int) -> Match | None:
    """Return a Bitcoin private key (51 or 52 characters)."""
    for stop in (end, end + 1):
        content = base58.decoded(text[start:stop])
        if content is not None and content[0] == 0x80:
            return Match(start, stop, text[start:stop])
    return None


def _in_address(text: bytes, start: int) -> bool:
    """Tell whether the place is inside a web address."""
    address = text.rfind(b"://", max(0, start - 2000), start)
    return address >= 0 and len(text[address:start].split()) == 1


def _looks_made(value: bytes) -> bool:
    """Tell whether no person wrote it: many characters and digits, no dots or underscores between words."""
    words = re.search(rb"[._-][a-z]{3,}[._-]", value)
    return len(re.findall(rb"[0-9]", value)) >= 2 and _random(value, 12) and words is None


def _random(value: bytes, least: int) -> bool:
    """Tell whether `value` holds so many different characters, as no row of x does."""
    return len(set(value)) >= least


def _unpacked(value: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(value.translate(bytes.maketrans(b"+/", b"-_")) + b"=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return b""


_JUDGES = (_key, _prefixed, _jwt, _address, _header, _named, _wif)
