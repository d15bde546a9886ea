"""Entries of lists of addresses and domains that nothing ever matches, and what was meant by them."""

import re

_LABELS = re.compile(r"[\w-]+(\.[\w-]+)*\.?\Z|\[[\w.:]+\]\Z")
FORMS = '"user@domain", "domain", ".domain" (any domain below it) or "user@" (at any domain)'


def never(entry: str) -> str:
    """Return why no address is ever this entry of a list, and what to write instead; `""` when some may be."""
    local, at, domain = entry.rpartition("@")
    host = entry.partition("://")[2].partition("/")[0]
    if host:
        return f'has {entry!r}, which is no mail domain; write "{host}"'
    if re.search(r"<[^<>\s]+@[^<>\s]+>", entry):
        return f'has {entry!r}; write the address alone, "{entry.partition("<")[2].partition(">")[0]}"'
    if re.search(r"[\s,;]", entry) and not local.startswith('"'):
        return f"has {entry!r}; write each address or domain as a string of its own, without spaces or commas"
    if "*" in entry or "?" in domain:
        # A `*` is a character of a local part like any other, but nobody means that one.
        return f'has {entry!r}, where a wildcard means nothing; write {_wild(local, at, domain)}'
    plain = domain.removeprefix(".") if not at else domain
    if (plain or not local) and not _LABELS.match(plain):
        return f"has {entry!r}, which is no mail domain; write {FORMS}"
    if not at and not entry.startswith(".") and "." not in plain and plain != "localhost" and plain[:1] != "[":
        return f'has {entry!r}, a domain without a dot; write "{entry}@" for a person, or the whole domain'
    return ""


def _wild(local: str, at: str, domain: str) -> str:
    plain = domain.removeprefix("*").removeprefix(".")
    if domain == "*" and local and "*" not in local:
        return f'"{local}@"'
    if "*" in plain or not plain or local not in ("", "*"):
        return FORMS
    if domain.startswith("*"):
        return f'".{plain}" for any domain below {plain}'
    return f'"{plain}"' if at else FORMS


def never_ours(entry: str) -> str:
    """Return why an entry of a list of our own domains is none, and what to write instead; `""` when it may be one."""
    plain = entry.strip().removeprefix("@")
    if _LABELS.match(plain):
        return ""
    host = entry.partition("://")[2].partition("/")[0] or entry.rpartition("@")[2].strip(" *.")
    if plain.startswith(("*.", ".")) and _LABELS.match(host):
        return f'has {entry!r}, but domains are named one by one; write "{host}", and those below it such as "a.{host}"'
    meant = f'write "{host}"' if _LABELS.match(host) else 'write domains such as "example.com"'
    return f"has {entry!r}, which is no domain; {meant}"
