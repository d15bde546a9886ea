"""Postfix's hold queue, as far as it is ours: a message in it that bears our tag was put there by our milter.

Everything is done by Postfix's own programs; listing is allowed to whom `authorized_mailq_users` lets, the rest is
root's.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sealgate_core import tag
from sealgate_core.address import SUFFIX, unsecured
from sealgate_milter import mime
from sealgate_milter.message import Message

WAYS = ("in clear", "securely", "rejected")
"""How a recipient's copy goes on after a release."""

_ID = re.compile(r"[0-9A-Za-z]{5,64}\Z")
_RULE = re.compile(rb"(?:^|;)\s*rule=([^;\s]+)")


class QueueError(Exception):
    """Postfix's queue cannot be used as asked; `str()` is a sentence for the administrator."""


@dataclass(frozen=True)
class Held:
    """One held message; `recipients` are without our routing suffix, `rule` is the one that held it.

    `leaves` says how each of them is reached once the message is released: one of `WAYS`. That was decided when it was
    held and stands in the queue, so a policy that was changed since then does not matter.
    """

    queue_id: str
    arrived: datetime
    size: int
    sender: str
    recipients: tuple[str, ...]
    rule: str
    leaves: tuple[str, ...] = ()


class HoldQueue:
    """The hold queue of the Postfix instance with this configuration folder (`None`: the default one)."""

    def __init__(self, config: Path | None = None) -> None:
        self._instance = ["-c", str(config)] if config else []

    def messages(self) -> tuple[list[Held], int]:
        """Return our held messages, the oldest first, and how many others hold for other reasons."""
        found, others = [], 0
        for line in self._run("postqueue", "-j").decode("utf-8", "replace").splitlines():
            entry = json.loads(line)
            if entry["queue_name"] != "hold":
                continue
            rule = self._rule(entry["queue_id"])
            if rule is None:
                others += 1
                continue
            people = {unsecured(one["address"]): _way(one["address"]) for one in entry["recipients"]}
            arrived = datetime.fromtimestamp(entry["arrival_time"])
            size, sender = entry["message_size"], entry["sender"]
            ways = tuple(people.values())
            found.append(Held(entry["queue_id"], arrived, size, sender, tuple(people), rule, ways))
        return sorted(found, key=lambda held: held.arrived), others

    def one(self, queue_id: str) -> Held:
        """Return the held message with this queue id; raise `QueueError` when there is none."""
        return self.chosen([queue_id])[0]

    def chosen(self, queue_ids: Sequence[str]) -> list[Held]:
        """Return the held messages with these queue ids; raise `QueueError` when one is not held by us."""
        ours = {held.queue_id: held for held in self.messages()[0]}
        for queue_id in queue_ids:
            if queue_id not in ours:
                raise QueueError(f"{queue_id}: is not held by us; sealgate-gateway held list shows what is")
        return [ours[queue_id] for queue_id in dict.fromkeys(queue_ids)]

    def content(self, held: Held) -> bytes:
        """Return the message as it lies in the queue."""
        return self._run("postcat", "-qhb", held.queue_id)

    def release(self, held: Held) -> None:
        """Let the message go its way: Postfix does not ask the milter again, and tries it at once."""
        self._run("postsuper", "-H", held.queue_id)
        self._run("postqueue", "-i", held.queue_id)

    def drop(self, held: Held) -> None:
        """Remove the message; Postfix tells nobody."""
        self._run("postsuper", "-d", held.queue_id, "hold")

    def give_back(self, held: Held) -> None:
        """Return the message to its sender as one that could not be delivered."""
        self._run("postsuper", "-f", held.queue_id)
        self._run("postqueue", "-i", held.queue_id)

    def _rule(self, queue_id: str) -> str | None:
        """Return the rule in the tag of a queued message, `None` when it has no tag or is gone."""
        if not _ID.match(queue_id):
            return None
        try:
            header, _ = mime.split_header(self._run("postcat", "-qh", queue_id))
        except QueueError:
            return None
        value = mime.first(header, tag.FIELD.lower().encode())
        rule = _RULE.search(value)
        return (rule[1].decode("ascii", "replace") if rule else "-") if value else None

    def _run(self, program: str, *words: str) -> bytes:
        found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if found is None:
            raise QueueError(f"{program} is not on the PATH; is this the host of your Postfix?")
        done = subprocess.run([found, *self._instance, *words], capture_output=True, check=False, timeout=120)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
            raise QueueError(f"{program} failed: {said[-1]}")
        return done.stdout


def _way(address: str) -> str:
    """Return where Postfix leads an address of the queue: past us, into the tunnel, or back to the sender."""
    if address.lower().rstrip(".").endswith(f".reject.{SUFFIX}"):
        return "rejected"
    return "in clear" if unsecured(address) == address else "securely"


def readable(content: bytes, held: Held) -> Message:
    """Return a held message without our tag, with the envelope it came with."""
    header, body = mime.split_header(content)
    kept = tuple(field for field in header if not field[0].lower().startswith(tag.PREFIX))
    return Message(held.sender, held.recipients, kept, body)
