"""Every parameter of the cloud: `/etc/sealgate/cloud.toml`, read by delivery service, portal and `sealgate-cloud`."""

from pathlib import Path
from typing import Any

from sealgate_core.parameters import REQUIRED, Declaration, Parameter

DEFAULT_PATH = Path("/etc/sealgate/cloud.toml")

PARAMETERS = Declaration(
    "cloud",
    (
        Parameter(
            "hostname", str, REQUIRED,
            "Name of this cloud host, as it stands in Message-IDs and DSNs, such as cloud.example.",
        ),
        Parameter(
            "database", str, "sqlite:////var/lib/sealgate/sealgate.db",
            "Where the store is: sqlite:///PATH or postgresql://USER@HOST/NAME.",
        ),
        Parameter(
            "blobs", Path, Path("/var/lib/sealgate/blobs"),
            "Directory of the sealed message bodies, on the same backup schedule as the database.",
        ),
        Parameter(
            "transit_keys", Path, Path("/var/lib/sealgate-transit"),
            "Directory of the hourly transit keys. Keep it out of every backup and replica: a key that is gone must "
            "stay gone.",
        ),
        Parameter(
            "master_key", Path, Path("/etc/sealgate/master.key"),
            "File with the 32-byte master key that seals the tenants' service keys; `sealgate-cloud key create-"
            "master` writes it.",
            secret=True,
        ),
        Parameter(
            "lmtp_socket", Path, Path("/run/sealgate/delivery.sock"),
            "Unix socket on which sealgate-delivery takes mail by LMTP from sealgate-pipe and from Postfix.",
        ),
        Parameter(
            "policy_socket", Path, Path("/run/sealgate/policy.sock"),
            "Unix socket on which Postfix's smtpd asks whether a client may send (check_policy_service).",
        ),
        Parameter(
            "map_socket", Path, Path("/run/sealgate/map.sock"),
            "Unix socket on which the direct and notice instances ask for routes and TLS levels (socketmap).",
        ),
        Parameter(
            "socket_group", str, "postfix",
            "Unix group that may dial the three sockets; empty leaves them to the service's own group.",
        ),
        Parameter(
            "direct_smtp", str, "127.0.0.1:10027",
            "Loopback address of the direct instance's smtpd, which delivers to members over verified TLS only.",
        ),
        Parameter(
            "notice_smtp", str, "127.0.0.1:10028",
            "Loopback address of the notice instance's smtpd, which sends notifications like ordinary mail.",
        ),
        Parameter(
            "notice_nexthop", str, "",
            "Smart host for notifications, such as [relay.example]:587; empty means the MX of each recipient's "
            "domain.",
        ),
        Parameter(
            "direct_deadline", int, 14400,
            "Seconds after which a member's copy that could not be delivered over verified TLS goes to the portal "
            "instead.",
        ),
        Parameter(
            "notice_from", str, REQUIRED,
            "Address from which notifications and codes come, in a domain whose DKIM key is ours, such as "
            "notice@post.example.",
        ),
        Parameter(
            "portal_url", str, REQUIRED,
            "Address of the portal as recipients see it, without a slash at the end, such as https://post.example.",
        ),
        Parameter(
            "dkim_key", str, "",
            "File with the DKIM private key (PEM) that signs notifications; empty sends them unsigned. `sealgate-"
            "cloud key dkim` writes one.",
        ),
        Parameter(
            "dkim_selector", str, "sealgate",
            "DKIM selector: the public key stands in DNS at SELECTOR._domainkey.DOMAIN.",
        ),
        Parameter(
            "message_size_limit", int, 52428800,
            "Largest message in bytes that the service takes; keep Postfix's message_size_limit at or below it.",
        ),
        Parameter("portal_listen", str, "127.0.0.1:8080", "Address and port on which the portal listens."),
        Parameter(
            "portal_tls_certificate", str, "",
            "Certificate chain (PEM) with which the portal speaks HTTPS itself; empty when a TLS proxy stands on the "
            "same host.",
        ),
        Parameter("portal_tls_key", str, "", "Private key (PEM) that belongs to portal_tls_certificate."),
        Parameter(
            "trusted_proxy", str, "",
            "Address of the TLS proxy whose X-Forwarded-For and X-Forwarded-Proto are believed; empty believes "
            "nobody.",
        ),
        Parameter(
            "password_memory", int, 65536,
            "Argon2id memory in KiB for new passwords; smaller is weaker, and only for tests.",
        ),
        Parameter("session_idle", int, 1800, "Seconds without a request after which a session ends."),
        Parameter("session_absolute", int, 43200, "Seconds after which a session ends however busy it is."),
    ),
)


def load(path: Path = DEFAULT_PATH) -> dict[str, Any]:
    """Return every parameter's value from the TOML file at `path`; raise `ParameterError`."""
    return PARAMETERS.load(path)
