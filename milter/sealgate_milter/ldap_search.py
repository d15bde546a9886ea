"""Reading a group's addresses from an LDAP server: the only module that touches python-ldap."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MAX_ADDRESSES = 500_000
_MAX_DEPTH = 8
_PAGE = 500


class DirectoryError(Exception):
    """A directory that gave no good answer; `str()` says why, for the log."""


def addresses(given: Mapping[str, Any]) -> set[str]:
    """Return the addresses of the group described by `given` (`ldap_groups.PARAMETERS`); raise `DirectoryError`."""
    import ldap  # an extra: only a policy that names LDAP needs it

    try:
        connection = _connected(ldap, given)
        try:
            return _collected(ldap, connection, given)
        finally:
            connection.unbind_s()
    except (ldap.LDAPError, OSError, ValueError) as error:
        told = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        said = " ".join(str(told[key]) for key in ("desc", "info") if key in told) or str(error)
        raise DirectoryError(f"{type(error).__name__}: {said}"[:300]) from error


def _connected(ldap: Any, given: Mapping[str, Any]) -> Any:  # noqa: ANN401  python-ldap ships no types
    connection = ldap.initialize(" ".join(given["server"]))
    connection.set_option(ldap.OPT_PROTOCOL_VERSION, 3)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, given["timeout"])
    connection.set_option(ldap.OPT_TIMEOUT, given["timeout"])
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    if given["ca_file"]:
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, given["ca_file"])
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    if given["start_tls"]:
        connection.start_tls_s()
    if given["bind"]:
        password = Path(given["password_file"]).read_text("utf-8").rstrip("\n") if given["password_file"] else ""
        if not password:
            # RFC 4513 section 5.1.2: a bind without a password succeeds and proves nothing.
            raise DirectoryError("bind wants a password_file that is not empty")
        connection.simple_bind_s(given["bind"], password)
    return connection


def _collected(ldap: Any, connection: Any, given: Mapping[str, Any]) -> set[str]:  # noqa: ANN401
    found: set[str] = set()
    seen: set[str] = set()
    wanted = [*given["attributes"], *given["members"]]

    def take(entry: Mapping[str, list[bytes]], depth: int) -> None:
        values = {name.lower(): value for name, value in entry.items()}
        for name in given["attributes"]:
            found.update(_address(value) for value in values.get(name.lower(), ()) if b"@" in value)
        if len(found) > MAX_ADDRESSES:
            raise DirectoryError(f"more than {MAX_ADDRESSES} addresses")
        for name in given["members"]:
            if any(key.startswith(f"{name.lower()};range=") for key in values):
                raise DirectoryError(f"{name} comes in pieces; look for the people instead, with memberOf in filter")
            for value in values.get(name.lower(), ()):
                follow(value.decode("utf-8", "replace"), depth + 1)

    def follow(dn: str, depth: int) -> None:
        if dn.lower() in seen:
            return
        seen.add(dn.lower())
        if depth > _MAX_DEPTH:
            raise DirectoryError(f"groups lie in groups more than {_MAX_DEPTH} deep")
        try:
            results = connection.search_s(dn, ldap.SCOPE_BASE, "(objectClass=*)", wanted)
        except ldap.NO_SUCH_OBJECT:
            return  # somebody who left; the group still names them
        for _, entry in (result[:2] for result in results if result[0] is not None):
            take(entry, depth)

    for entry in _pages(ldap, connection, given, wanted):
        take(entry, 0)
    return found


def _pages(
    ldap: Any,  # noqa: ANN401
    connection: Any,  # noqa: ANN401
    given: Mapping[str, Any],
    wanted: list[str],
) -> Iterator[Mapping[str, list[bytes]]]:
    """Yield the entries that the filter finds, page by page: Active Directory gives a thousand at a time."""
    from ldap.controls import SimplePagedResultsControl

    control = SimplePagedResultsControl(criticality=False, size=_PAGE, cookie="")
    while True:
        number = connection.search_ext(
            given["base"], ldap.SCOPE_SUBTREE, given["filter"], wanted, serverctrls=[control], timeout=given["timeout"]
        )
        _, results, _, controls = connection.result3(number, timeout=given["timeout"])
        yield from (entry for dn, entry in (result[:2] for result in results) if dn is not None)
        cookies = [c.cookie for c in controls if c.controlType == SimplePagedResultsControl.controlType]
        if not cookies or not cookies[0]:
            return
        control.cookie = cookies[0]


def _address(value: bytes) -> str:
    """Return the address in a value; those of proxyAddresses say `smtp:` before it."""
    text = value.decode("utf-8", "replace").strip()
    return text[5:] if text.lower().startswith("smtp:") else text
