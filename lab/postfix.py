"""Isolated Postfix instances, built from the shipped files in `postfix-conf/` with their `@NAMES@` filled in.

    instance = Instance(folder, "gateway", "gateway.acme.test", "127.0.77.1")
    instance.add_main(render("gateway/main.cf", names)); instance.add_master(...)
    instance.start(); ...; instance.stop()

`/etc/postfix` is read for the list of map types, and never written.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent / "postfix-conf"

_NAME = re.compile(r"@([A-Z][A-Z0-9_]*)@")

_MAIN = """\
compatibility_level = 3.6
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = {host}
# An address of an interface, as Postfix wants it; where this host listens stands in master.cf.
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = {address}
smtp_dns_support_level = disabled
alias_maps =
alias_database =
local_recipient_maps =
mydestination =
default_process_limit = 20
# Impatient, so that one can watch.
queue_run_delay = 3s
minimal_backoff_time = 3s
maximal_backoff_time = 6s
smtp_tls_loglevel = 1
smtpd_tls_loglevel = 1
# Many test clients come from one address.
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
ipc_idle = 2s
"""

_MASTER = """\
pickup    unix  n  -  n  1     1  pickup
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
verify    unix  -  -  n  -     1  verify
flush     unix  n  -  n  1000? 0  flush
proxymap  unix  -  -  n  -     -  proxymap
proxywrite unix -  -  n  -     1  proxymap
tlsmgr    unix  -  -  n  1000? 1  tlsmgr
smtp      unix  -  -  n  -     -  smtp
relay     unix  -  -  n  -     -  smtp
showq     unix  n  -  n  -     -  showq
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
discard   unix  -  -  n  -     -  discard
local     unix  -  n  n  -     -  local
virtual   unix  -  n  n  -     -  virtual
lmtp      unix  -  -  n  -     -  lmtp
anvil     unix  -  -  n  -     1  anvil
scache    unix  -  -  n  -     1  scache
postlog   unix-dgram n -  n  -     1  postlogd
"""


def render(name: str, names: Mapping[str, object]) -> str:
    """Return the shipped file `name` with every `@NAME@` replaced; `KeyError` when one is not given."""
    return _NAME.sub(lambda match: str(names[match[1]]), (SHIPPED / name).read_text("utf-8"))


def free_port(address: str) -> int:
    """Return a port that nobody listens on at `address` now."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


class Instance:
    """One Postfix: `conf` its configuration folder, `log` its log; lives in `folder`/`name`."""

    def __init__(self, folder: Path, name: str, host: str, address: str) -> None:
        self.folder = folder / name
        self.name, self.host, self.address = name, host, address
        self.conf = self.folder / "etc"
        self.log = self.folder / "mail.log"
        for place in (self.conf, self.folder / "spool", self.folder / "data"):
            place.mkdir(parents=True)
        shutil.chown(self.folder / "data", "postfix")
        self.log.touch()
        (self.conf / "main.cf").write_text(_MAIN.format(folder=self.folder, host=host, address=address))
        (self.conf / "master.cf").write_text(_MASTER)

    def add_main(self, lines: str) -> None:
        """Add to main.cf; a parameter that is there already is replaced."""
        path = self.conf / "main.cf"
        new = {entry.partition("=")[0].strip() for entry in _entries(lines)}
        kept = [entry for entry in _entries(path.read_text()) if entry.partition("=")[0].strip() not in new]
        path.write_text("".join(kept) + "\n" + lines + "\n")

    def add_master(self, lines: str) -> None:
        """Append services to master.cf; one that is there already is replaced."""
        path = self.conf / "master.cf"
        new = {tuple(line.split()[:2]) for line in lines.splitlines() if line and line[0] not in "# \t"}
        kept = [line for line in path.read_text().splitlines() if tuple(line.split()[:2]) not in new]
        path.write_text("\n".join([*kept, lines]) + "\n")

    def write(self, name: str, text: str) -> Path:
        """Write a table beside main.cf."""
        path = self.conf / name
        path.write_text(text)
        return path

    def maildir(self, domains: str) -> Path:
        """Deliver everything for `domains` into one Maildir of this host, and return it."""
        mail = self.folder / "mail"
        mail.mkdir(exist_ok=True)
        shutil.chown(mail, "nobody", "nogroup")
        self.add_main(
            f"virtual_mailbox_domains = {domains}\nvirtual_mailbox_base = {mail}\nvirtual_mailbox_maps = static:all/\n"
            "virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\nvirtual_mailbox_limit = 0\n"
        )
        return mail / "all"

    def start(self) -> None:
        """Start it; `RuntimeError` with Postfix's own words when it does not come up."""
        done = subprocess.run(
            ["postfix", "-c", str(self.conf), "start"], capture_output=True, text=True, stdin=subprocess.DEVNULL,
            check=False, start_new_session=True,
        )
        for _ in range(200):
            if "daemon started" in self.log.read_text("utf-8", "replace"):
                return
            if done.returncode:
                break
            time.sleep(0.05)
        raise RuntimeError(f"{self.name}: {done.stdout}{done.stderr}{self.log.read_text()[-2000:]}{self._complaints()}")

    def _complaints(self) -> str:
        """Return what `postfix check` says. It says so to a terminal only: script(1) lends it one."""
        done = subprocess.run(
            ["script", "-qec", f"postfix -c {self.conf} check", "/dev/null"],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )
        return done.stdout

    def stop(self) -> None:
        """Stop it, if it runs."""
        pid = self.pid
        if not pid:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            if not self.pid:
                return
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The process id of its master(8), 0 when it does not run."""
        try:
            pid = int((self.folder / "spool/pid/master.pid").read_text())
            return pid if Path(f"/proc/{pid}/comm").read_text().strip() == "master" else 0
        except (OSError, ValueError):
            return 0

    def command(self, *words: str, data: bytes = b"") -> str:
        """Run a Postfix program (`postqueue`, `postsuper`, `postconf`, `sendmail`, …) on this instance."""
        done = subprocess.run(
            [shutil.which(words[0], path="/usr/sbin:/usr/bin") or words[0], *words[1:]],
            input=data, capture_output=True, env={**os.environ, "MAIL_CONFIG": str(self.conf)}, check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: {words}: {done.stdout!r} {done.stderr!r}")
        return done.stdout.decode("utf-8", "replace")

    def reload(self) -> None:
        """Read the configuration anew."""
        self.command("postfix", "reload")

    def queue(self) -> str:
        """Return what waits, as mailq(1) shows it; empty when nothing does."""
        text = self.command("postqueue", "-p")
        return "" if "queue is empty" in text else text

    def flush(self) -> None:
        """Try everything that waits, now."""
        self.command("postqueue", "-f")


def _entries(text: str) -> list[str]:
    """Return main.cf as its entries: a line and the indented ones that continue it; comments are entries, too."""
    entries: list[str] = []
    for line in text.splitlines(keepends=True):
        if line[0] in " \t" and entries and line.strip():
            entries[-1] += line
        else:
            entries.append(line)
    return entries
