"""sealgate-milter: judges mail on its way through Postfix.

    sealgate-milter [--config FILE] [--check]

`--check` reads configuration and policy, says what is wrong with them, and ends. Signals: see `prefork`.

This is the only module that touches pymilter. Its callbacks collect; `worker.judge` decides; changes are made at end of
message. Whatever goes wrong is answered 451, so that Postfix keeps the message: nothing passes unjudged.
"""

import argparse
import functools
import grp
import logging
import os
import pwd
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import Milter

from sealgate_core.parameters import ParameterError
from sealgate_core.status import EX_USAGE, SOFTWARE, Refusal, Reply
from sealgate_milter import judgement, settings, sockets
from sealgate_milter.changes import (
    AddField,
    AddRecipient,
    Change,
    ChangeField,
    DeleteRecipient,
    Quarantine,
    ReplaceBody,
)
from sealgate_milter.prefork import Group, Supervisor
from sealgate_milter.transaction import Transaction
from sealgate_milter.wording import counted
from sealgate_milter.worker import Worker

log = logging.getLogger("sealgate.milter")

ACTIONS = (
    Milter.ADDHDRS
    | Milter.CHGHDRS
    | Milter.ADDRCPT
    | Milter.ADDRCPT_PAR
    | Milter.DELRCPT
    | Milter.CHGBODY
    | Milter.QUARANTINE
)
EX_CONFIG = 78
_CHUNK = 65535

Callback = Callable[..., int]


def guarded(callback: Callback) -> Callback:
    """Make every failure of `callback` a reply that keeps the message: 451, or what a `Refusal` says."""

    @functools.wraps(callback)
    def call(session: "Session", *arguments: object) -> int:
        try:
            return callback(session, *arguments)
        except Refusal as refusal:
            return session.refuse(refusal.reply, refusal.cause)
        except Exception as error:  # noqa: BLE001 - any failure at all must end as 451, never as silence
            # Type and place only: the text of an exception may hold what the message says.
            last = traceback.extract_tb(error.__traceback__)[-1]
            return session.refuse(SOFTWARE, f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}")

    return call


class Session(Milter.Base):  # type: ignore[misc]
    """One connection of Postfix; carries any number of messages, one at a time.

    Connect and HELO are not asked for (we do not use them, and pymilter fails on names that are not UTF-8).
    """

    worker: ClassVar[Worker]
    bounces_only: ClassVar[bool] = False

    def __init__(self) -> None:
        self.transaction: Transaction | None = None
        self.basis = self.worker.basis
        self.held = 0

    def negotiate(self, opts: list[int]) -> int:
        """Refuse to serve a mail server that does not let us make the changes we need."""
        if opts[0] & ACTIONS != ACTIONS:
            log.error("the mail server does not offer the changes we need (%#x of %#x)", opts[0], ACTIONS)
            return int(Milter.REJECT)
        return int(super().negotiate(opts))

    @guarded
    def envfrom(self, mail_from: str, *_parameters: str) -> int:
        """Begin a message: nothing of an earlier one may remain, and the basis is fixed for all of it."""
        self._forget()
        self.basis = self.worker.basis
        if not (self.bounces_only and mail_from not in ("", "<>")):
            self.transaction = Transaction(mail_from, self.basis.max_size)
        return int(Milter.CONTINUE)

    @guarded
    def envrcpt(self, rcpt_to: str, *parameters: str) -> int:
        """Collect a recipient."""
        if self.transaction:
            self.transaction.add_recipient(rcpt_to, parameters)
        return int(Milter.CONTINUE)

    @Milter.decode("bytes")  # type: ignore[untyped-decorator]
    @guarded
    def header(self, name: str, value: bytes) -> int:
        """Collect a header field."""
        if self.transaction:
            self._hold(len(name) + len(value))
            self.transaction.add_field(name, value)
        return int(Milter.CONTINUE)

    @guarded
    def body(self, chunk: bytes) -> int:
        """Collect a piece of the body."""
        if self.transaction:
            if not self.transaction.too_large:
                self._hold(len(chunk))
            self.transaction.add_body(chunk)
        return int(Milter.CONTINUE)

    @guarded
    def eom(self) -> int:
        """Decide, make the changes, say so in one line."""
        if not self.transaction:
            return int(Milter.CONTINUE)
        started = time.monotonic()
        self.transaction.queue_id = self._macro("i")
        outcome = self.worker.judge(self.transaction, self.basis)
        self.worker.note(outcome, self.basis)
        if outcome.refusal:
            raise outcome.refusal
        for change in outcome.changes:
            self._make(change)
        spent = (time.monotonic() - started) * 1000
        log.info("queue_id=%s %s ms=%.1f", self.transaction.queue_id, outcome.log, spent)
        self._forget()
        return int(Milter.CONTINUE)

    def abort(self) -> int:
        """Forget the message; the next `envfrom` may follow on the same connection."""
        self._forget()
        return int(Milter.CONTINUE)

    def close(self) -> int:
        """Forget everything."""
        self._forget()
        return int(Milter.CONTINUE)

    def refuse(self, reply: Reply, cause: str) -> int:
        """Answer with `reply`, log the cause, and keep nothing of the message."""
        self._forget()
        log.warning("queue_id=%s refused=%d/%s cause=%s", self._macro("i"), reply.code, reply.enhanced, cause)
        text = "".join(c if " " <= c <= "~" else "?" for c in reply.text)[:400]
        self.setreply(str(reply.code), reply.enhanced, text.replace("%", "%%"))
        return int(Milter.REJECT if reply.permanent else Milter.TEMPFAIL)

    def _make(self, change: Change) -> None:
        match change:
            case DeleteRecipient(recipient):
                self.delrcpt(recipient)
            case AddRecipient(recipient, parameters):
                self.addrcpt(recipient, parameters)
            case ChangeField(name, index, value):
                self.chgheader(name, index, value)
            case AddField(name, value):
                self.addheader(name, value)
            case Quarantine(reason):
                self.quarantine(reason)
            case ReplaceBody(body):
                for start in range(0, max(len(body), 1), _CHUNK):
                    self.replacebody(body[start : start + _CHUNK])

    def _hold(self, octets: int) -> None:
        self.worker.hold(octets, self.basis.max_memory)
        self.held += octets

    def _forget(self) -> None:
        self.transaction = None
        self.worker.release(self.held)
        self.held = 0

    def _macro(self, name: str) -> str:
        try:
            return self.getsymval(name) or "-"
        except UnicodeDecodeError:
            return "-"


def main() -> None:
    """Run the parent, or with `--worker` (which the parent uses) one worker."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(name)s[%(process)d]: %(message)s", stream=sys.stderr)
    try:
        if arguments.worker:
            _work(arguments.config, *arguments.worker.split(","))
        elif arguments.check:
            judgement.load(arguments.config, only_check=True)
        else:
            _supervise(arguments.config)
    except ParameterError as error:
        sys.exit(f"sealgate-milter: {error}") if arguments.check else _end(error)


def _end(error: ParameterError) -> None:
    log.error("%s", error)
    sys.exit(EX_CONFIG)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("sealgate-milter", description="Judge mail on its way through Postfix.")
    parser.add_argument("--config", type=Path, default=settings.CONFIG, help="default: %(default)s")
    parser.add_argument("--check", action="store_true", help="read configuration and policy, say what is wrong, end")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.exit_on_error = True
    try:
        return parser.parse_args()
    except SystemExit as stop:
        raise SystemExit(EX_USAGE if stop.code else 0) from stop


def _supervise(config: Path) -> None:
    values = settings.load(config)
    owner = values["socket_group"]
    groups = [Group("mail", sockets.listen(address, owner), values["workers"]) for address in values["listen"]]
    if values["bounce_listen"]:
        groups.append(Group("bounce", sockets.listen(values["bounce_listen"], owner), 1))
    _become(values["user"])
    judgement.load(config)

    def command(group: Group, listener: int, channel: int) -> list[str]:
        worker = f"{group.name},{listener},{channel}"
        return [sys.executable, "-I", "-m", "sealgate_milter.daemon", "--config", str(config), "--worker", worker]

    Supervisor(groups, command, lambda: _in_words(config)).run()
    for address in (*values["listen"], values["bounce_listen"]):
        sockets.remove(address)


def _in_words(config: Path) -> str:
    policy = judgement.load(config).policy
    return f"{counted(len(policy.rules), 'rule')}, mode {policy.mode}"


def _become(user: str) -> None:
    """Become `user` for good, when we are root and it is named."""
    if not user or os.geteuid():
        return
    try:
        entry = pwd.getpwnam(user)
    except KeyError as error:
        raise ParameterError(f"user: there is no Unix user {user!r}; create it or name another") from error
    os.setgroups([group.gr_gid for group in grp.getgrall() if user in group.gr_mem])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def _work(config: Path, role: str, listener: str, channel: str) -> None:
    Session.worker = Worker(config, socket.socket(fileno=int(channel)))
    Session.bounces_only = role == "bounce"
    listening = _open(socket.socket(fileno=int(listener)))
    Session.worker.obey(listening)
    Milter.main()


def _open(listener: socket.socket) -> int:
    """Set up libmilter to accept on `listener` and return the descriptor it uses.

    libmilter only opens sockets itself (and as an ordinary user removes a Unix socket when it ends), so it opens one
    of its own that nobody knows, and ours takes its place.
    """
    Milter.factory = Session
    Milter.set_flags(ACTIONS)
    Milter.set_envfrom_callback(lambda context, *octets: context.getpriv().envfrom_bytes(*octets))
    Milter.set_envrcpt_callback(lambda context, *octets: context.getpriv().envrcpt_bytes(*octets))
    Milter.set_header_callback(lambda context, name, value: context.getpriv().header_bytes(name, value))
    Milter.set_body_callback(lambda context, chunk: context.getpriv().body(chunk))
    Milter.set_eom_callback(lambda context: context.getpriv().eom())
    Milter.set_abort_callback(lambda context: context.getpriv().abort())
    Milter.set_close_callback(Milter.close_callback)
    with tempfile.TemporaryDirectory() as folder:
        # Of the same family: libmilter checks what it accepts against what it opened.
        private = {socket.AF_INET: "inet:0@127.0.0.1", socket.AF_INET6: "inet6:0@::1"}
        Milter.setconn(private.get(listener.family, f"unix:{folder}/private"))
        Milter.register("sealgate", negotiate=Milter.negotiate_callback)
        before = _descriptors()
        Milter.opensocket(False)
        (opened,) = _descriptors() - before
    os.dup2(listener.fileno(), opened, inheritable=False)
    return opened


def _descriptors() -> set[int]:
    """Return the sockets' descriptors; not those of the listing itself."""
    found = set()
    for number in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208 - numbers, not paths
        path = f"/proc/self/fd/{number}"
        if os.path.lexists(path) and os.readlink(path).startswith("socket:"):  # noqa: PTH115 - no file, so no path
            found.add(number)
    return found


if __name__ == "__main__":
    main()
