"""Mail addresses: the routing suffix, xtext, and when two addresses are the same.

An address here is a `str` without angle brackets, split at its LAST `@` (Postfix hands out unquoted local parts such
as `a@b@example.com`). Octets that are not UTF-8 travel as surrogate escapes, as pymilter delivers them.
"""

import functools
import re
import unicodedata

SUFFIX = "sealgate.invalid"
"""Domain under which secure recipients travel inside a Postfix. `.invalid` never resolves (RFC 2606 section 2)."""

MAX_DOMAIN = 255
"""Octets of a domain (RFC 5321 section 4.5.3.1.2)."""
MAX_LOCAL = 64
"""Octets of a local part (RFC 5321 section 4.5.3.1.1)."""

_TICKET = re.compile(r"\.([0-9a-z]+(?:-[0-9]+)?)\.(direct|notice)\." + re.escape(SUFFIX) + r"\Z", re.IGNORECASE)


class AddressRefused(ValueError):
    """An address that cannot travel on the secure way. `str()` is a sentence for the sender."""


def split(address: str) -> tuple[str, str]:
    """Return `(local_part, domain)`, split at the last `@`; the domain is empty when there is none."""
    local, _, domain = address.rpartition("@")
    return (local, domain) if local or _ else (domain, "")


@functools.lru_cache(maxsize=4096)
def domain_of(address: str) -> str:
    """Return the domain of `address` as an A-label, lower case (RFC 5890), or `""` when there is none.

    Nothing is mapped onto anything else, as IDNA 2003 would do: to Postfix and the DNS, `strasse` and `straße`, or
    `acme` and its full-width twin, are not the same domain. Whoever mixes them up sends mail to strangers.
    """
    return ".".join(map(_a_label, split(address)[1].rstrip(".").split(".")))


def _a_label(label: str) -> str:
    if label.isascii():
        return label.lower()
    try:
        return "xn--" + unicodedata.normalize("NFC", label.lower()).encode("punycode").decode("ascii")
    except UnicodeError:
        return label.lower()


def identity(address: str) -> str:
    """Return the form under which two spellings are one address: local part as typed, domain lower case A-label.

    Local parts are compared exactly (RFC 5321 section 2.4); plus signs and dots are never merged.
    """
    local, domain = split(address)
    return f"{local}@{domain_of(address)}" if domain else local


def secured(address: str, kind: str = "") -> str:
    """Return `address` under the routing suffix: `user@domain[.kind].sealgate.invalid`.

    `kind` is `""` (secure), `"hold"`, `"reject"`, `"<id>.direct"` or `"<id>.notice"`.
    Raises `AddressRefused` for an address literal, a missing domain, or one that grows over the limits of RFC 5321.
    """
    local, domain = split(address)
    domain = domain.rstrip(".")  # Postfix takes a trailing dot; two dots in a row it would not
    if not local or not domain:
        raise AddressRefused(f"recipient address {address!r} has no domain")
    if domain.startswith("["):
        raise AddressRefused("a recipient at an address literal ([...]) cannot be reached securely; use a domain name")
    if len(local.encode("utf-8", "surrogateescape")) > MAX_LOCAL:
        raise AddressRefused("the part of a recipient address before the @ is longer than 64 octets")
    target = f"{domain}.{kind}.{SUFFIX}" if kind else f"{domain}.{SUFFIX}"
    if len(target.encode("utf-8", "surrogateescape")) > MAX_DOMAIN:
        raise AddressRefused("the domain of a recipient address is too long to be reached securely")
    return f"{local}@{target}"


def is_secured(address: str) -> bool:
    """Tell whether `address` lies under the routing suffix (any kind, any case)."""
    return domain_of(address).endswith("." + SUFFIX) or domain_of(address) == SUFFIX


def unsecured(address: str) -> str:
    """Return `address` without the routing suffix, however often it was added, and without hold, reject or ticket."""
    while is_secured(address):
        address = address.rstrip(".")
        ticket = _TICKET.search(address)
        cut = ticket.start() if ticket else len(address) - len(SUFFIX) - 1
        address = address[:cut]
        for kind in (".hold", ".reject"):
            if not ticket and address.lower().endswith(kind):
                address = address[: -len(kind)]
    return address


def ticket_of(address: str) -> tuple[str, str] | None:
    """Return `(id, kind)` of a ticket address `user@domain.<id>.direct|notice.sealgate.invalid`, else `None`."""
    match = _TICKET.search(address)
    return (match[1].lower(), match[2].lower()) if match else None


def xtext(text: str) -> str:
    """Encode `text` as xtext (RFC 3461 section 4): `+`, `=` and anything outside printable ASCII become `+HH`."""
    octets = text.encode("utf-8", "surrogateescape")
    return "".join(chr(o) if 33 <= o <= 126 and o not in b"+=" else f"+{o:02X}" for o in octets)


def from_xtext(text: str) -> str:
    """Decode xtext; a `+` that no two upper-case hex digits follow stays as it is."""
    return re.sub(
        rb"\+([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), text.encode("utf-8", "surrogateescape")
    ).decode("utf-8", "surrogateescape")


def orcpt(address: str) -> str:
    """Return the value of an ORCPT parameter for `address`: `rfc822;…`, or `utf-8;…` when it needs SMTPUTF8.

    RFC 3461 section 4.2; RFC 6533 section 3 (utf-8-addr-unitext, permitted where SMTPUTF8 is in force).
    """
    if address.isascii():
        return "rfc822;" + xtext(address)
    escaped = "".join(f"\\x{{{ord(c):X}}}" if c in "\\+=" or ord(c) < 33 else c for c in address)
    return "utf-8;" + escaped


def from_orcpt(value: str) -> str:
    """Return the address in an ORCPT value; a value without a known type is returned undecoded."""
    kind, separator, text = value.partition(";")
    if separator and kind.lower() == "rfc822":
        return from_xtext(text)
    if separator and kind.lower() == "utf-8":
        text = from_xtext(text)
        return re.sub(r"\\x\{([0-9A-F]{2,6})\}", lambda m: chr(int(m[1], 16)), text)
    return value
