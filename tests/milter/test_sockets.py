"""Listening sockets and the word to systemd."""

import os
import socket
import stat

import pytest

from sealgate_core.parameters import ParameterError
from sealgate_milter import notify, sockets


def test_a_unix_socket_is_private_and_replaces_a_stale_one(tmp_path):
    path = tmp_path / "s"
    sockets.listen(f"unix:{path}", "").close()
    with sockets.listen(f"unix:{path}", "") as listener:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert not listener.getblocking()
        with pytest.raises(ParameterError, match="served by another process"):
            sockets.listen(f"unix:{path}", "")
    sockets.remove(f"unix:{path}")
    assert not path.exists()


def test_something_that_is_no_socket_is_not_removed(tmp_path):
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(ParameterError, match="in use"):
        sockets.listen(f"unix:{path}", "")
    assert path.read_text() == "precious"


def test_inet_sockets_default_to_loopback():
    with sockets.listen("inet:0", "") as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("wrong", ["", "8891", "tcp:8891", "inet:x@127.0.0.1", "inet:99999@127.0.0.1", "unix:/no/s"])
def test_an_address_that_is_none_is_named(wrong):
    with pytest.raises(ParameterError, match="listen"):
        sockets.listen(wrong, "")


def test_an_unknown_group_is_named(tmp_path):
    with pytest.raises(ParameterError, match="no-such-group"):
        sockets.listen(f"unix:{tmp_path}/s", "no-such-group")


def test_systemd_hears_us_and_never_stops_us(tmp_path, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify.ready("nobody listens")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "n"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "n"))
        notify.ready("2 workers")
        assert manager.recv(100) == b"READY=1\nSTATUS=2 workers"
        for _ in range(2000):  # a manager that does not read
            notify.reloading()
    notify.stopping("the manager is gone")


def test_the_watchdog_is_fed_at_half_time(monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    assert notify.watchdog_interval() == 15
    monkeypatch.delenv("WATCHDOG_USEC")
    assert notify.watchdog_interval() is None
    assert os.environ.get("WATCHDOG_USEC") is None
