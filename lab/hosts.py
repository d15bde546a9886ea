"""The four hosts of the lab, each made from the shipped configuration: what belongs to which, and nothing running."""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.certificates import Authority, Pair
from lab.postfix import SHIPPED, Instance, free_port, render
from lab.programs import BIN, ROOT, Program

MILTER_USER = 7701
"""The milter's own user: a number will do, so that the lab creates no account."""
CLOUD_USER = "nobody"

GATEWAY, CLOUD, MEMBER, OUTSIDE = (f"127.0.77.{n}" for n in (1, 2, 3, 4))


def transport_map(outside_port: int) -> str:
    """Return a transport map that the company has already: one mailbox lies elsewhere, where it is refused."""
    return f"inline:{{{{broken@acme.test = smtp:[{OUTSIDE}]:{outside_port}}}}}"


def private(path: Path, data: bytes, uid: int) -> Path:
    """Write a secret that only `uid` may read."""
    path.touch(0o600)
    path.write_bytes(data)
    shutil.chown(path, uid)
    return path


def toml(values: Mapping[str, object]) -> str:
    """Return `values` as TOML: strings, numbers, lists of strings."""
    def shown(value: object) -> str:
        if isinstance(value, list):
            return "[" + ", ".join(map(shown, value)) + "]"
        return str(value) if isinstance(value, int) else f'"{value}"'

    return "".join(f"{name} = {shown(value)}\n" for name, value in values.items())


@dataclass
class Outside:
    """A mail server that knows nothing of us and has no TLS: what it receives, everybody on the way could read."""

    instance: Instance
    port: int
    mail: Path

    @classmethod
    def build(cls, folder: Path) -> "Outside":
        """Make it; every domain that is nobody else's ends here."""
        instance, port = Instance(folder, "outside", "mx.outside.test", OUTSIDE), free_port(OUTSIDE)
        mail = instance.maildir("outside.test, elsewhere.test, portal.test")
        instance.add_main("smtpd_tls_security_level = none\nsmtpd_relay_restrictions = reject_unauth_destination\n"
                          "smtpd_recipient_restrictions = check_recipient_access inline:{broken@acme.test=REJECT}\n"
                          "allow_untrusted_routing = yes\n"
                          "smtputf8_enable = yes")
        instance.add_master(f"{OUTSIDE}:{port} inet n - n - - smtpd")
        return cls(instance, port, mail)

    def route(self, ways: Mapping[str, tuple[str, int]]) -> None:
        """Carry mail for these domains on to their servers, as the mail servers of the world do."""
        table = ", ".join(f"{{{domain} = smtp:[{host}]:{port}}}" for domain, (host, port) in ways.items())
        self.instance.add_main(f"relay_domains = {', '.join(ways)}\ntransport_maps = inline:{{{table}}}")


@dataclass
class MemberHost:
    """The mail server of a member: takes TLS, and shows a certificate of its own name."""

    instance: Instance
    port: int
    mail: Path

    @classmethod
    def build(cls, folder: Path, pair: Pair) -> "MemberHost":
        """Make it for the domain member.test."""
        instance, port = Instance(folder, "member", "mx.member.test", MEMBER), free_port(MEMBER)
        mail = instance.maildir("member.test")
        instance.add_main(
            f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {pair.certificate}\n"
            f"smtpd_tls_key_file = {pair.key}\nsmtpd_tls_received_header = yes\n"
            "smtpd_relay_restrictions = reject_unauth_destination"
        )
        instance.add_master(f"{MEMBER}:{port} inet n - n - - smtpd")
        return cls(instance, port, mail)


@dataclass
class Cloud:
    """Three Postfix instances, the delivery service, the portal; `command` runs `sealgate-cloud`."""

    folder: Path
    incoming: Instance
    direct: Instance
    notice: Instance
    port: int
    portal_url: str
    config: Path
    delivery: Program
    portal: Program
    run: Path
    _names: dict[str, object] = field(default_factory=dict)

    @property
    def instances(self) -> list[Instance]:
        """Its Postfix instances."""
        return [self.incoming, self.direct, self.notice]

    @classmethod
    def build(cls, folder: Path, authority: Authority, outside_port: int, **parameters: object) -> "Cloud":
        """Make it; `parameters` go into cloud.toml."""
        base = folder / "cloud"
        base.mkdir()
        run, state = base / "run", base / "state"
        for place in (run, state):
            place.mkdir()
            shutil.chown(place, CLOUD_USER)
        pair = authority.issue("cloud.test")
        web = authority.issue("portal.test", CLOUD, file="portal")
        shutil.chown(web.key, CLOUD_USER)
        pipe = base / "sealgate-pipe"
        shutil.copy(ROOT / "delivery/sealgate-pipe", pipe)
        pipe.chmod(0o755)
        ports = {name: free_port(CLOUD) for name in ("in", "direct", "notice", "portal")}
        names: dict[str, object] = {
            "CERTIFICATE": pair.certificate, "KEY": pair.key, "RUN": run, "PIPE": pipe, "PIPE_USER": CLOUD_USER,
            "MEMBER_CA": authority.certificate, "PORTAL_DOMAIN": "portal.test",
        }
        instances = {
            name: _cloud_instance(base, name, {**names, "SMTP": f"{CLOUD}:{ports[name]}"})
            for name in ("in", "direct", "notice")
        }
        instances["in"].add_master(f"{CLOUD}:{ports['in']} inet n - n - - smtpd")
        url = f"https://{CLOUD}:{ports['portal']}"
        config = base / "cloud.toml"
        values: dict[str, object] = {
            "hostname": "cloud.test", "database": f"sqlite:///{state}/sealgate.db", "blobs": state / "blobs",
            "transit_keys": state / "transit", "master_key": state / "master.key",
            "lmtp_socket": run / "delivery.sock", "policy_socket": run / "policy.sock", "map_socket": run / "map.sock",
            "direct_smtp": f"{CLOUD}:{ports['direct']}", "notice_smtp": f"{CLOUD}:{ports['notice']}",
            "notice_nexthop": f"[{OUTSIDE}]:{outside_port}", "notice_from": "notice@portal.test", "portal_url": url,
            "dkim_key": state / "dkim.key", "portal_listen": f"{CLOUD}:{ports['portal']}",
            "portal_tls_certificate": web.certificate, "portal_tls_key": web.key, "password_memory": 8192,
            **parameters,
        }
        config.write_text(toml(values))
        config.chmod(0o644)
        delivery = Program("delivery", [str(BIN / "sealgate-delivery"), "--config", str(config)],
                           base / "delivery.log", CLOUD_USER)
        portal = Program("portal", [str(BIN / "sealgate-portal"), "--config", str(config)],
                         base / "portal.log", CLOUD_USER)
        return cls(base, instances["in"], instances["direct"], instances["notice"], ports["in"], url, config,
                   delivery, portal, run)

    def command(self, *words: str) -> str:
        """Run `sealgate-cloud` as the cloud's user and return what it prints; `RuntimeError` when it fails."""
        return Program("sealgate-cloud", [str(BIN / "sealgate-cloud"), "--config", str(self.config), *words],
                       self.folder / "commands.log", CLOUD_USER).output()


def _cloud_instance(folder: Path, name: str, names: Mapping[str, object]) -> Instance:
    instance = Instance(folder, name, "cloud.test", CLOUD)
    names = {**names, "CONF": instance.conf}
    instance.add_main(render(f"cloud/{name}-main.cf", names))
    instance.add_main("minimal_backoff_time = 3s\nmaximal_backoff_time = 6s")
    instance.add_master(render(f"cloud/{name}-master.cf", names))
    for table in (SHIPPED / "cloud").glob("sealgate-*"):
        instance.write(table.name, render(f"cloud/{table.name}", names))
    return instance


@dataclass
class Gateway:
    """The company's Postfix for acme.test with our milter; `mail` is the internal mailboxes' Maildir."""

    folder: Path
    instance: Instance
    port: int
    mail: Path
    milter: Program
    config: Path
    policy: Path
    run: Path

    @classmethod
    def build(
        cls, folder: Path, authority: Authority, port: int, cloud_port: int, outside_port: int, gate: bool
    ) -> "Gateway":
        """Make it, attached in gate mode or in milter mode; it listens on `port`."""
        instance = Instance(folder, "gateway", "mx.acme.test", GATEWAY)
        run, state = instance.folder / "run", instance.folder / "state"
        for place in (run, state):
            place.mkdir()
            shutil.chown(place, MILTER_USER)
        client, server = authority.issue("gateway.acme.test"), authority.issue("mx.acme.test")
        gate_port = free_port(GATEWAY)
        names: dict[str, object] = {
            "CONF": instance.conf, "TRANSPORT_MAPS": ", " + transport_map(outside_port), "RECIPIENT_RESTRICTIONS": "",
            "CLOUD_HOST": CLOUD, "CLOUD_PORT": cloud_port, "CLOUD_CA": authority.certificate,
            "CLOUD_NAME": "cloud.test", "CLIENT_CERTIFICATE": client.certificate, "CLIENT_KEY": client.key,
            "MILTER": f"unix:{run}/milter.sock", "BOUNCE_MILTER": f"unix:{run}/bounce.sock",
            "GATE_HOST": GATEWAY, "GATE_PORT": gate_port,
        }
        mail = instance.maildir("acme.test")
        instance.add_main(company(outside_port, server))
        for file in ("main.cf", "main-gate.cf" if gate else "main-milter.cf"):
            instance.add_main(render(f"gateway/{file}", names))
        instance.add_master(f"{GATEWAY}:{port} inet n - n - - smtpd")
        for file in ("master.cf", *(["master-gate.cf"] if gate else [])):
            instance.add_master(render(f"gateway/{file}", names))
        for table in (SHIPPED / "gateway").glob("sealgate-*"):
            instance.write(table.name, render(f"gateway/{table.name}", names))
        policy = instance.folder / "policy.toml"
        shutil.copy(ROOT / "milter/sealgate_milter/policy.toml", policy)
        policy.chmod(0o644)
        config = instance.folder / "gateway.toml"
        config.write_text(toml({
            "listen": [f"unix:{run}/milter.sock"], "bounce_listen": f"unix:{run}/bounce.sock", "workers": 2,
            "policy": policy, "internal": ["acme.test"], "thread_db": state / "threads.db",
            "notice_smtp": f"{GATEWAY}:{port}",
            "registered": state / "registered", "registered_key": state / "registered.key",
            "tag_key": private(state / "tag.key", secrets.token_bytes(32), MILTER_USER),
        }))
        milter = Program("milter", [str(BIN / "sealgate-milter"), "--config", str(config)],
                         instance.folder / "milter.log", MILTER_USER)
        return cls(instance.folder, instance, port, mail, milter, config, policy, run)


def company(outside_port: int, server: Pair) -> str:
    """Return what the company's main.cf says before we come."""
    return (
        f"mynetworks = {GATEWAY}/32\nrelayhost = [{OUTSIDE}]:{outside_port}\nsmtputf8_enable = yes\n"
        f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {server.certificate}\n"
        f"smtpd_tls_key_file = {server.key}\nsmtpd_tls_received_header = yes\n"
        "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
        "message_size_limit = 50000000\n"
    )
