"""Four mail hosts on this machine; watch a confidential message go the whole way.

    sudo script/demo [--once] [--gate] [--json FILE]

Everything listens on 127.0.77.1 to 127.0.77.4 and lives in one folder under /var/tmp, which is gone at the end.
"""

import argparse
import json
import os
import signal
import smtplib
import sys
import threading
import time
from pathlib import Path

from lab.hosts import GATEWAY, MEMBER, OUTSIDE
from lab.stack import Stack
from lab.story import OUTSIDER, PASSWORD, SENDER, CheckFailed, Story
from lab.viewer import Viewer
from lab.watch import Watcher, heading, listed


def main() -> int:
    """Run the demo; 0 when everything ended as it must."""
    arguments = _arguments()
    if os.geteuid() != 0:
        print("demo: Postfix wants root even on loopback; run  sudo script/demo", file=sys.stderr)
        return 77
    colour = sys.stdout.isatty()
    # SIGINT as well: a shell starts what it puts in the background with that one ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    started = time.monotonic()
    print(heading("Sealgate: four mail hosts on loopback", colour))
    stack = viewer = watcher = None
    try:
        stack = Stack(gate=arguments.gate)
        stack.start()
        viewer = Viewer(OUTSIDE, mailboxes(stack))
        watcher = Watcher(logs(stack)).start()
        print(listed([
            ("gateway", f"{GATEWAY}:{stack.gateway.port}  acme.test, {'gate' if arguments.gate else 'milter'} mode"),
            ("cloud", f"{stack.cloud.incoming.address}:{stack.cloud.port}  portal {stack.cloud.portal_url}"),
            ("member", f"{MEMBER}:{stack.member.port}  member.test, reached over verified TLS"),
            ("outside", f"{OUTSIDE}:{stack.outside.port}  everybody else, no TLS: what arrives here was in the clear"),
            ("mailboxes", viewer.url),
        ]))
        print(f"  ready after {time.monotonic() - started:.1f} s")
        story = play(stack, arguments.once, colour)
        if arguments.json:
            arguments.json.write_text(json.dumps(facts(stack, viewer, story), indent=2) + "\n")
        if not arguments.once:
            linger(stack, viewer, story, colour)
        return 0
    except KeyboardInterrupt:
        return 0 if stack and not arguments.once else 130
    except (CheckFailed, TimeoutError, RuntimeError, ValueError, OSError, smtplib.SMTPException) as error:
        print(f"\ndemo: FAILED: {error}", file=sys.stderr)
        if stack:
            _last_words(stack)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # nothing may interrupt the cleaning up
        if watcher:
            watcher.stop()
        if viewer:
            viewer.stop()
        if stack:
            stack.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/demo", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="play the recipient's part too, check everything, and end")
    parser.add_argument("--gate", action="store_true", help="attach the milter in gate mode instead of milter mode")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write addresses, ports, credentials to FILE")
    return parser.parse_args()


def mailboxes(stack: Stack) -> dict[str, Path]:
    """Return the mailboxes that the viewer shows."""
    return {"outside": stack.outside.mail, "acme.test": stack.gateway.mail, "member.test": stack.member.mail}


def logs(stack: Stack) -> dict[str, Path]:
    """Return the logs that are worth watching, under the names that a person reads."""
    cloud = stack.cloud
    return {
        "gateway milter": stack.gateway.milter.log, "gateway": stack.gateway.instance.log,
        "cloud delivery": cloud.delivery.log, "cloud": cloud.incoming.log, "cloud, direct": cloud.direct.log,
        "cloud, notices": cloud.notice.log,
        "member": stack.member.instance.log, "outside": stack.outside.instance.log,
    }


def play(stack: Stack, once: bool, colour: bool) -> Story:
    """Send the two messages, and with `once` play the recipient."""
    def say(text: str) -> None:
        time.sleep(0.3)  # let the watcher show the hops first
        print(f"  \033[32m✔ {text}\033[0m" if colour else f"  OK {text}")

    story = Story(stack, say)
    print(heading(f"1. An ordinary message from {SENDER} to {OUTSIDER}", colour))
    story.ordinary()
    print(heading("2. One with a social security number, to a colleague, a member, and somebody outside", colour))
    story.confidential()
    if once:
        print(heading(f"3. {OUTSIDER} opens the link, registers, reads, replies", colour))
        story.reply(story.read())
        print(heading(f"Everything ended as it must: {len(story.checks)} checks.", colour))
    return story


def facts(stack: Stack, viewer: Viewer, story: Story) -> dict[str, object]:
    """Return addresses, ports and credentials of the running stack."""
    cloud = stack.cloud
    return {
        "mode": "gate" if stack.gate else "milter",
        "folder": str(stack.folder),
        "gateway": {"host": GATEWAY, "port": stack.gateway.port, "domain": "acme.test", "sender": SENDER,
                    "config": str(stack.gateway.config), "policy": str(stack.gateway.policy),
                    "postfix": str(stack.gateway.instance.conf), "mail": str(stack.gateway.mail)},
        "cloud": {"host": cloud.incoming.address, "port": cloud.port, "config": str(cloud.config),
                  "postfix": {instance.name: str(instance.conf) for instance in cloud.instances}},
        "portal": {"url": cloud.portal_url, "link": story.link, "address": OUTSIDER, "user": OUTSIDER,
                   "password": PASSWORD, "registered": len(story.checks) > 4},
        "member": {"host": MEMBER, "port": stack.member.port, "domain": "member.test",
                   "postfix": str(stack.member.instance.conf), "mail": str(stack.member.mail)},
        "outside": {"host": OUTSIDE, "port": stack.outside.port, "domains": ["outside.test", "elsewhere.test"],
                    "postfix": str(stack.outside.instance.conf), "mail": str(stack.outside.mail)},
        "certificates": {"authority": str(stack.authority.certificate), "folder": str(stack.authority.folder)},
        "viewer": viewer.url,
        "logs": {name: str(path) for name, path in logs(stack).items()},
    }


def linger(stack: Stack, viewer: Viewer, story: Story, colour: bool) -> None:
    """Say what a visitor can do now, and keep everything running until a signal."""
    time.sleep(0.3)
    print(heading("Your turn", colour))
    print(listed([
        ("open the message", story.link),
        ("its mailbox", f"{viewer.url}  (the code arrives there)"),
        ("portal", stack.cloud.portal_url),
        ("certificate authority", f"{stack.authority.certificate}  (or accept the browser's warning)"),
        ("send your own", f"swaks --server {GATEWAY}:{stack.gateway.port} --local-interface {GATEWAY} \\\n"
         f"{'':25}--from {SENDER} --to {OUTSIDER} --body 'SSN 219-09-9999'"),
        ("why was it secured?", "the gateway milter's line says it: verdict and rule"),
    ]))
    print("\n  Every hop is shown here as it happens. Ctrl-C ends it all.", flush=True)
    threading.Event().wait()


def _last_words(stack: Stack) -> None:
    for name, path in logs(stack).items():
        text = path.read_text("utf-8", "replace") if path.exists() else ""
        print(f"--- {name}\n" + "\n".join(text.splitlines()[-15:]), file=sys.stderr)
    for instance in stack.instances:
        queue = instance.queue()
        if queue:
            print(f"--- {instance.name}, waiting\n{queue}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
