"""The whole lab: built, started, stopped. Every process is known by its id, every file lies in one folder.

    with Stack.running(gate=False) as stack:
        send((GATEWAY, stack.gateway.port), ...)
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.certificates import Authority
from lab.hosts import GATEWAY, MEMBER, Cloud, Gateway, MemberHost, Outside
from lab.mail import send
from lab.postfix import Instance, free_port
from lab.programs import Program


class Stack:
    """Four hosts: the gateway of acme.test with its mailboxes, the cloud, the member member.test, the outside."""

    def __init__(self, gate: bool = False, **parameters: object) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sealgate-lab-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        try:
            self._build(gate, parameters)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _build(self, gate: bool, parameters: Mapping[str, object]) -> None:
        self.gate = gate
        self.authority = Authority(self.folder / "certificates")
        self.outside = Outside.build(self.folder)
        self.cloud = Cloud.build(self.folder, self.authority, self.outside.port, **parameters)
        self.member = MemberHost.build(self.folder, self.authority.issue("mx.member.test"))
        self.gateway = Gateway.build(
            self.folder, self.authority, free_port(GATEWAY), self.cloud.port, self.outside.port, gate
        )
        self.outside.route({"member.test": (MEMBER, self.member.port), "acme.test": (GATEWAY, self.gateway.port)})

    @classmethod
    @contextlib.contextmanager
    def running(cls, gate: bool = False, **parameters: object) -> Iterator["Stack"]:
        """Build and start it, and stop and remove it at the end."""
        stack = cls(gate, **parameters)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()

    @property
    def instances(self) -> list[Instance]:
        """Every Postfix."""
        return [self.outside.instance, self.member.instance, self.gateway.instance, *self.cloud.instances]

    @property
    def programs(self) -> list[Program]:
        """Our own programs."""
        return [self.gateway.milter, self.cloud.delivery, self.cloud.portal]

    def start(self) -> None:
        """Start everything, Postfix and programs side by side; `RuntimeError` says what did not come up."""
        tasks: list[Callable[[], None]] = [self._start_cloud, self._start_milter]
        tasks += [instance.start for instance in self.instances]
        with ThreadPoolExecutor(len(tasks)) as pool:
            for result in [pool.submit(task) for task in tasks]:
                result.result()

    def _start_milter(self) -> None:
        self.gateway.milter.start()
        self.gateway.milter.await_socket(self.gateway.run / "milter.sock")

    def _start_cloud(self) -> None:
        """Make keys, tenants and members as an operator does, then run the two services."""
        cloud, port = self.cloud, self.gateway.port
        client = self.authority.folder / "gateway.acme.test.pem"
        cloud.command("key", "create-master")
        cloud.command("key", "dkim")
        cloud.command("tenant", "add", "acme", "--display-name", "Acme Clinic", "--domain", "acme.test",
                      "--certificate", str(client), "--contact", "+1 555 0100")
        cloud.command("tenant", "add", "members", "--display-name", "Member Hospital", "--domain", "member.test")
        cloud.command("member", "add", "acme.test", "--tenant", "acme", "--host", GATEWAY, "--port", str(port),
                      "--tls-match", "mx.acme.test")
        cloud.command("member", "add", "member.test", "--tenant", "members", "--host", MEMBER, "--port",
                      str(self.member.port), "--tls-match", "mx.member.test")
        cloud.delivery.start()
        cloud.portal.start()
        cloud.delivery.await_log("ready")
        cloud.portal.await_log("listening on")

    def send(self, mail: object, recipients: Sequence[str], **given: object) -> None:
        """Submit a message at the gateway, as a user's mail program does."""
        send((GATEWAY, self.gateway.port), mail, recipients, **given)  # type: ignore[arg-type]

    def stop(self) -> None:
        """Stop everything that runs and remove the folder."""
        tasks: list[Callable[[], None]] = [program.stop for program in self.programs]
        tasks += [instance.stop for instance in self.instances]
        with ThreadPoolExecutor(len(tasks)) as pool:
            for result in [pool.submit(task) for task in tasks]:
                with contextlib.suppress(OSError):
                    result.result()
        shutil.rmtree(self.folder, ignore_errors=True)
