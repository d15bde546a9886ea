"""Tell systemd how we are: the sd_notify protocol, one datagram to `$NOTIFY_SOCKET`, without a library."""

import os
import socket
import time


def notify(*lines: str) -> None:
    """Send `lines`, such as `READY=1`; do nothing when no service manager listens.

    A manager that went away or is too busy to read must not stop mail: we neither fail nor wait.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as channel:
        try:
            channel.sendto("\n".join(lines).encode(), address)
        except OSError:
            return


def ready(status: str) -> None:
    """Say that the service works, with a line for `systemctl status`."""
    notify("READY=1", f"STATUS={status}")


def reloading() -> None:
    """Say that a reload has begun; `ready` ends it (Type=notify-reload wants the monotonic clock)."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping(status: str) -> None:
    """Say that the service is on its way out."""
    notify("STOPPING=1", f"STATUS={status}")


def watchdog_interval() -> float | None:
    """Return the seconds after which to call `alive` again (half of what systemd grants), `None` without a watchdog."""
    granted = os.environ.get("WATCHDOG_USEC", "")
    return int(granted) / 2_000_000 if granted.isdigit() else None


def alive() -> None:
    """Feed the watchdog, if there is one."""
    if watchdog_interval():
        notify("WATCHDOG=1")
