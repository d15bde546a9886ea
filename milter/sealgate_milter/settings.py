"""Parameters of the gateway, read from `/etc/sealgate/gateway.toml`."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from sealgate_core.address import domain_of
from sealgate_core.parameters import Declaration, Parameter, ParameterError, line_of
from sealgate_milter.entries import never_ours

CONFIG = Path("/etc/sealgate/gateway.toml")

PARAMETERS = Declaration(
    "gateway",
    (
        Parameter(
            "listen",
            list,
            ["unix:/run/sealgate/milter.sock"],
            "Sockets on which Postfix reaches the milter, unix:PATH or inet:PORT@HOST. smtpd(8) and cleanup(8) often "
            "run chrooted, then a Unix socket must lie below /var/spool/postfix; inet:8891@127.0.0.1 always works.",
        ),
        Parameter(
            "bounce_listen",
            str,
            "",
            "A second socket that judges only mail with an empty envelope sender, that is, bounces and delay notices; "
            "gate mode names it in non_smtpd_milters. Empty: none.",
        ),
        Parameter(
            "socket_group",
            str,
            "postfix",
            "Unix sockets belong to this group with mode 0660, so that Postfix and nobody else reaches them.",
        ),
        Parameter(
            "user",
            str,
            "",
            "Unix user the milter becomes once its sockets are open. Empty: stay who we are, as under systemd's User=.",
        ),
        Parameter("workers", int, 0, "Worker processes per socket role; 0 means one per processor core."),
        Parameter("policy", Path, Path("/etc/sealgate/policy.toml"), "The policy file: tests, rules, mode."),
        Parameter(
            "tag_key",
            Path,
            Path("/etc/sealgate/tag.key"),
            "File with the 32 random bytes that prove our own tags; make it with `openssl rand 32`. All gateways of "
            "one tenant share it.",
            secret=True,
        ),
        Parameter(
            "internal",
            list,
            [],
            "Domains that are ours: confidential mail to them stays clear. Empty: what Postfix itself says, from "
            "mydestination, relay_domains, virtual_mailbox_domains and virtual_alias_domains.",
        ),
        Parameter(
            "origin",
            str,
            "",
            "The domain that Postfix adds to a recipient without one (myorigin). Where it is not among internal, a "
            "confidential message to such a recipient is refused. Empty: what Postfix itself says.",
        ),
        Parameter(
            "sender_domains",
            list,
            [],
            "Envelope sender domains the cloud accepts from us; confidential mail from any other is refused. Empty: "
            "the same as internal.",
        ),
        Parameter(
            "thread_db",
            Path,
            Path("/var/lib/sealgate-milter/threads.db"),
            "SQLite file that remembers keyed digests of the Message-IDs of secure mail, so that replies are "
            "secure too, keyed digests of who wrote to whom, and notices until they are sent.",
        ),
        Parameter(
            "registered",
            Path,
            Path("/var/lib/sealgate-milter/registered"),
            "Folder of what `sealgate-gateway fingerprint` and `exact-data` have registered: keyed hashes only. A "
            "change is in force with the next message.",
        ),
        Parameter(
            "registered_key",
            Path,
            Path("/etc/sealgate/registered.key"),
            "File with the 32 random bytes under which they are registered; the first registration makes it. Whoever "
            "has both the folder and this file can test guesses of what is registered, so keep no copies together.",
            secret=True,
        ),
        Parameter(
            "max_size",
            int,
            52428800,
            "Largest message in bytes; a larger one is refused with 552. Keep it at or above message_size_limit "
            "in main.cf.",
        ),
        Parameter(
            "max_memory",
            int,
            536870912,
            "Bytes of message bodies one worker holds at a time; beyond it a message is put off with 452.",
        ),
        Parameter(
            "deadline",
            int,
            25,
            "Seconds to judge one message; when they are over it is put off with 451, and the worker is replaced.",
        ),
        Parameter(
            "notice_smtp",
            str,
            "127.0.0.1:25",
            "Where our own Postfix takes notices about held mail and such, HOST:PORT: any smtpd(8) that accepts mail "
            "from this host to our domains.",
        ),
        Parameter(
            "reject_text",
            str,
            "rejected by the organisation's policy",
            "What a sender reads when a rule of the policy rejects the whole message.",
        ),
    ),
)

_POSTFIX_DOMAINS = ("mydestination", "relay_domains", "virtual_mailbox_domains", "virtual_alias_domains")


def load(path: Path = CONFIG) -> dict[str, Any]:
    """Return the gateway's parameters with `internal` and `sender_domains` filled in; raise `ParameterError`."""
    settings = PARAMETERS.load(path)
    if settings["workers"] < 0 or settings["deadline"] < 1:
        raise ParameterError(f"{path}: workers must be 0 or more and deadline 1 or more")
    for name in ("internal", "sender_domains"):
        if wrong := next(filter(None, map(never_ours, settings[name])), ""):
            raise ParameterError(f"{path}:{line_of(path.read_text('utf-8-sig'), name)}: {name} {wrong}")
    settings["internal"] = _named(settings["internal"]) or postfix_domains()
    if not settings["internal"]:
        raise ParameterError(f"{path}: no internal domain is known; name yours in internal = [...]")
    settings["sender_domains"] = _named(settings["sender_domains"]) or settings["internal"]
    settings["origin"] = _named([settings["origin"] or postfix_origin()])[0]
    settings["workers"] = settings["workers"] or os.cpu_count() or 1
    return settings


def host_and_port(where: Path, value: str) -> tuple[str, int]:
    """Return host and port of a `HOST:PORT` in the file `where`; raise `ParameterError`."""
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ParameterError(f"{where}: notice_smtp must be HOST:PORT such as 127.0.0.1:25, not {value!r}")
    return host.strip("[]"), int(port)


def _postconf() -> str | None:
    return shutil.which("postconf", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def postfix_origin() -> str:
    """Return Postfix's `myorigin`, `""` when it cannot be asked: then a recipient without a domain is not ours."""
    command = _postconf()
    if command is None:
        return ""
    asked = subprocess.run([command, "-xh", "myorigin"], capture_output=True, text=True, timeout=10, check=False)
    return asked.stdout.strip()


def postfix_domains() -> list[str]:
    """Return the domains that Postfix calls its own, lower case.

    Raises `ParameterError` when Postfix cannot be asked, or answers with a lookup table, which we cannot enumerate:
    a domain wrongly taken for external would be secured, one wrongly taken for ours would go out in clear.
    """
    command = _postconf()
    if command is None:
        raise ParameterError("postconf is not on the PATH; name your domains in internal = [...]")
    asked = subprocess.run([command, "-xh", *_POSTFIX_DOMAINS], capture_output=True, text=True, timeout=10, check=False)
    if asked.returncode:
        raise ParameterError(f"postconf failed ({asked.stderr.strip()}); name your domains in internal = [...]")
    names = asked.stdout.replace(",", " ").split()
    tables = [name for name in names if ":" in name or "/" in name]
    if tables:
        raise ParameterError(f"Postfix keeps domains in {tables[0]}, a table; name your domains in internal = [...]")
    return _named(names)


def _named(domains: list[str]) -> list[str]:
    """Return domains in the form in which those of addresses are compared, each once."""
    return list(dict.fromkeys(domain_of(f"@{name}") for name in domains))
