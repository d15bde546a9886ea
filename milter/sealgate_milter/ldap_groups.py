"""Groups of a directory as lists of addresses: `recipient = "ldap:lawyers.toml"`.

A group is asked for as a whole, in the background, every `refresh` seconds; a message only looks into the last answer.
While the directory is down the last good answer serves, also after a restart, for it is kept in a file. Where there was
never one, a message that depends on it waits (451).
"""

import hashlib
import importlib.util
import ipaddress
import json
import logging
import os
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sealgate_core.address import identity
from sealgate_core.parameters import Declaration, Parameter, ParameterError, secret_file
from sealgate_core.status import UNDECIDED, Refusal
from sealgate_milter.ldap_search import DirectoryError, addresses

log = logging.getLogger("sealgate.ldap")

PARAMETERS = Declaration(
    "ldap",
    (
        Parameter(
            "server",
            list,
            ["ldaps://ldap.example.com"],
            "Servers, tried in order: ldaps://HOST, ldapi:///PATH, or ldap://HOST, which needs start_tls unless it is "
            "this host: an answer that was forged on the way would decide how mail leaves.",
        ),
        Parameter("start_tls", bool, False, "Turn an ldap:// connection into TLS before anything is asked."),
        Parameter("ca_file", str, "", "File with the CA of the server's certificate. Empty: those the system trusts."),
        Parameter("bind", str, "", "DN to sign in as. Empty: nobody."),
        Parameter("password_file", str, "", "File of mode 0600 with the password of bind.", secret=True),
        Parameter("base", str, "dc=example,dc=com", "Below which DN to look."),
        Parameter(
            "filter",
            str,
            "(memberOf=cn=lawyers,ou=groups,dc=example,dc=com)",
            "What to look for: the people themselves, or the group when members is given.",
        ),
        Parameter(
            "attributes",
            list,
            ["mail"],
            'Attributes with addresses, all of whose values count. Active Directory: ["mail", "proxyAddresses"].',
        ),
        Parameter(
            "members",
            list,
            [],
            'Attributes with the DNs of members, such as ["member"], each of which is looked up, groups in groups too.',
        ),
        Parameter("refresh", int, 900, "Seconds after which the group is asked for again."),
        Parameter("timeout", int, 5, "Seconds to wait for one answer of a server."),
        Parameter(
            "may_be_empty",
            bool,
            False,
            "Take an empty answer for a good one. Otherwise it is taken for a mistake, and the last good answer stays.",
        ),
        Parameter(
            "cache",
            Path,
            Path("/var/lib/sealgate-milter"),
            "Folder where the last good answer is kept for the next start.",
        ),
    ),
)
_PATIENCE = 5.0
"""Seconds for which a message waits for a first answer."""
_PAUSE = 30.0
"""Seconds between attempts while the directory fails."""


_KNOWN: dict[tuple[str, str], "Group"] = {}
"""Every group of this process by name and definition: what one knows outlives a reload of the policy."""


def groups() -> list["Group"]:
    """Return the groups that were named so far."""
    return [*_KNOWN.values()]


def forget() -> None:
    """Forget them all, as a new process does."""
    _KNOWN.clear()


def group(path: Path) -> "Group":
    """Return the group that the file at `path` describes; raise `ParameterError`."""
    given = PARAMETERS.load(path)
    for server in given["server"] or [""]:
        _check_server(server, given["start_tls"], path)
    if given["refresh"] < 1 or given["timeout"] < 1 or not given["attributes"] or not given["filter"].startswith("("):
        raise ParameterError(f"{path}: refresh and timeout are at least 1, attributes has one, filter stands in ( )")
    if given["password_file"]:
        secret_file(path.parent / given["password_file"])
        given["password_file"] = str(path.parent / given["password_file"])
    if importlib.util.find_spec("ldap") is None:
        raise ParameterError(f"{path}: LDAP needs python-ldap; install it with pip install 'sealgate[ldap]'")
    definition = json.dumps(given, default=str, sort_keys=True)
    return _KNOWN.setdefault((path.name, definition), Group(path.name, json.loads(definition)))


def _check_server(server: str, start_tls: bool, path: Path) -> None:
    url = urllib.parse.urlsplit(server)
    host = url.hostname or ""
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if url.scheme not in ("ldap", "ldaps", "ldapi") or (url.scheme != "ldapi" and not host):
        raise ParameterError(f"{path}: server wants URLs such as ldaps://ldap.example.com, not {server!r}")
    if url.scheme == "ldap" and not (start_tls or here):
        raise ParameterError(f"{path}: {server} would be asked in clear; write ldaps:// or start_tls = true")


@dataclass
class Group:
    """One group; threads share it. `given` are the values of its file."""

    name: str
    given: dict[str, Any]
    _answer: frozenset[str] | None = None
    _at: float = 0
    _next: float = 0
    _busy: threading.Thread | None = None
    _started: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def has(self, address: str) -> bool:
        """Tell whether `address` belongs to the group by the last good answer; raise `Refusal` when there is none."""
        answer = self._members()
        if answer is None:
            raise Refusal(UNDECIDED, f"ldap:{self.name} has not answered yet")
        return identity(address).lower() in answer

    def count(self) -> int:
        """Ask the directory now and return how many addresses the group has; raise `DirectoryError`."""
        return len(addresses(self.given))

    def _members(self) -> frozenset[str] | None:
        with self._lock:
            first, self._started = not self._started, True
            if first:
                self._recall()
            now = time.time()
            if now - self._at >= self.given["refresh"] and now >= self._next and self._busy is None:
                self._next = now + _PAUSE
                self._busy = threading.Thread(target=self._refresh, name=f"ldap-{self.name}", daemon=True)
                self._busy.start()
            waiting = self._busy if first or self._answer is None else None
        if waiting is not None:
            waiting.join(_PATIENCE)
        return self._answer

    def _refresh(self) -> None:
        try:
            found = frozenset(identity(address).lower() for address in addresses(self.given))
            if not found and not self.given["may_be_empty"]:
                raise DirectoryError("nobody found; say may_be_empty = true if that is right")
            with self._lock:
                self._answer, self._at = found, time.time()
            log.info("ldap:%s has %d addresses", self.name, len(found))
            self._keep(found)
        except DirectoryError as error:
            serving = "nothing serves" if self._answer is None else "the last good answer serves"
            log.warning("ldap:%s: %s; %s", self.name, error, serving)
        except OSError as error:
            log.warning("ldap:%s: the answer cannot be kept in a file: %s", self.name, error)
        finally:
            with self._lock:
                self._busy = None

    @property
    def _file(self) -> Path:
        asked = json.dumps([self.given[key] for key in ("server", "base", "filter", "attributes", "members")])
        return Path(self.given["cache"]) / f"ldap-{hashlib.sha256(asked.encode()).hexdigest()[:20]}.json"

    def _keep(self, found: frozenset[str]) -> None:
        folder = self._file.parent.stat()
        draft = self._file.with_suffix(f".{os.getpid()}")
        draft.touch(0o600)
        draft.write_text(json.dumps({"at": self._at, "members": sorted(found)}), "utf-8")
        if os.geteuid() == 0:
            os.chown(draft, folder.st_uid, folder.st_gid)  # an admin's explain must not shut the milter out
        draft.replace(self._file)

    def _recall(self) -> None:
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            self._answer, self._at = frozenset(map(str, kept["members"])), float(kept["at"])
        except (OSError, ValueError, KeyError, TypeError):
            return
