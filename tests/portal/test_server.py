"""The listening portal over real TLS: large answers and uploads, slow and rude visitors, no temporary files."""

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from http.client import HTTPSConnection
from pathlib import Path

import pytest
import trustme

from sealgate_portal import server


@pytest.fixture
def portal(site, tmp_path, monkeypatch):
    authority = trustme.CA()
    issued = authority.issue_cert("portal.test")
    issued.private_key_pem.write_to_path(tmp_path / "tls.key")
    for number, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(tmp_path / "tls.pem", append=number > 0)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    cloud = site.parameters | {"portal_listen": "127.0.0.1:0", "portal_tls_certificate": str(tmp_path / "tls.pem"),
                               "portal_tls_key": str(tmp_path / "tls.key")}
    # The fixture has the store open already.
    monkeypatch.setattr(server.application, "connect", lambda _: None)
    made = server.Portal(cloud)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    made.temporary = temporary
    made.context = ssl.create_default_context()
    authority.configure_trust(made.context)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield made
    made.terminator.stop()
    made.server.close()


class Connection(HTTPSConnection):
    """Dials loopback under the portal's name."""

    def connect(self):
        self.sock = self._context.wrap_socket(socket.create_connection(("127.0.0.1", self.port)),
                                              server_hostname="portal.test")


def dial(portal) -> Connection:
    return Connection("portal.test", portal.port, context=portal.context, timeout=20)


def fetch(portal, method="GET", path="/", body=None, headers=None):
    connection = dial(portal)
    connection.request(method, path, body, {"Host": "portal.test"} | (headers or {}))
    answer = connection.getresponse()
    return answer, answer.read()


def test_pages_over_tls(portal):
    answer, body = fetch(portal)
    assert answer.status == 200 and b"I have a notice" in body and answer.getheader("Server") is None
    assert answer.getheader("Set-Cookie").startswith("__Host-sealgate-form=")


def test_a_connection_serves_many_requests(portal):
    connection = dial(portal)
    for _ in range(5):
        connection.request("GET", "/static/portal.css", headers={"Host": "portal.test"})
        assert b"--accent" in connection.getresponse().read()


def test_the_visitors_address_arrives(portal, monkeypatch):
    seen = []
    monkeypatch.setattr(portal.application, "application",
                        lambda environ, start: (seen.append(environ["REMOTE_ADDR"]), start("204 No", []), [b""])[2])
    fetch(portal)
    assert seen == ["127.0.0.1"]


def test_uploads_never_touch_a_disk(portal):
    before = set(portal.temporary.rglob("*"))
    opened = set()
    stop = threading.Event()

    def watch():
        while not stop.is_set():
            for entry in Path("/proc/self/fd").iterdir():
                try:
                    opened.add(str(entry.readlink()))
                except OSError:
                    continue
    watcher = threading.Thread(target=watch)
    watcher.start()
    answer, body = fetch(portal)
    cookie = answer.getheader("Set-Cookie").split(";")[0]
    token = body.split(b'name="csrf" value="')[1][:64].decode()
    field = "--b\r\nContent-Disposition: form-data; name="
    parts = (f'{field}"csrf"\r\n\r\n{token}\r\n{field}"paste"; filename="a.bin"\r\n\r\n').encode()
    parts += b"M" * (6 << 20) + b"\r\n--b--\r\n"
    answer, _ = fetch(portal, "POST", "/open", parts, {
        "Cookie": cookie, "Content-Type": "multipart/form-data; boundary=b", "Sec-Fetch-Site": "same-origin"})
    stop.set()
    watcher.join()
    assert answer.status == 422
    assert set(portal.temporary.rglob("*")) == before
    assert not [name for name in opened if "(deleted)" in name and str(portal.temporary) in name]


def test_rude_visitors_do_not_stop_the_others(portal):
    idle = [socket.create_connection(("127.0.0.1", portal.port)) for _ in range(20)]
    plain = socket.create_connection(("127.0.0.1", portal.port))
    plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
    start = time.monotonic()
    assert fetch(portal)[0].status == 200
    assert time.monotonic() - start < 3
    for connection in [*idle, plain]:
        connection.close()


def test_many_idle_visitors_leave_room(portal):
    """More descriptors than select() can take, and more connections from one address than that gets."""
    held = []
    for host in (2, 3, 4, 5):
        for _ in range(90 if host < 5 else 150):
            plain = socket.create_connection(("127.0.0.1", portal.port), source_address=(f"127.0.9.{host}", 0))
            held.append(portal.context.wrap_socket(plain, server_hostname="portal.test"))
    assert fetch(portal)[0].status == 200
    for connection in held:
        connection.close()


@pytest.mark.parametrize(("method", "path", "kind", "status"), [
    ("GET", "/n/%ff%fe", "", 404),
    ("POST", "/open", "multipart/form-data; boundary=", 400),
    ("POST", "/open", "application/x-www-form-urlencoded; charset=utf-7", 400),
])
def test_nonsense_is_answered_calmly(portal, method, path, kind, status):
    answer, _ = fetch(portal, method, path, "a=b" if kind else None, {"Content-Type": kind} if kind else {})
    assert answer.status == status and answer.getheader("X-Content-Type-Options") == "nosniff"


def test_old_tls_is_refused(portal):
    portal.context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        fetch(portal)


def test_a_bad_configuration_is_one_sentence(tmp_path, capsys):
    assert server.main(["--config", str(tmp_path / "none.toml")]) == server.EX_CONFIG
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture
def program(tmp_path):
    """The port of a portal that runs as a program."""
    issued = trustme.CA().issue_cert("portal.test")
    issued.private_key_pem.write_to_path(tmp_path / "tls.key")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "tls.pem")
    master = tmp_path / "master.key"
    master.write_bytes(bytes(range(32)))
    master.chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = tmp_path / "cloud.toml"
    config.write_text(
        f'hostname = "cloud.test"\ndatabase = "sqlite:///{tmp_path}/program.db"\nblobs = "{tmp_path}/blobs"\n'
        f'transit_keys = "{tmp_path}/transit"\nmaster_key = "{master}"\nnotice_from = "notice@portal.test"\n'
        f'portal_url = "https://portal.test"\nportal_listen = "127.0.0.1:{port}"\n'
        f'portal_tls_certificate = "{tmp_path}/tls.pem"\nportal_tls_key = "{tmp_path}/tls.key"\n')
    environment = {name: value for name, value in os.environ.items() if name != "OPENSSL_CONF"}
    running = subprocess.Popen([Path(sys.executable).with_name("sealgate-portal"), "--config", config], env=environment,
                               stderr=subprocess.PIPE, text=True)
    for line in running.stderr:
        if "listening" in line:
            break
    yield port
    running.terminate()
    assert running.wait(10) == 0
    running.stderr.close()


@pytest.mark.parametrize(("groups", "taken"), [
    ("X25519", True), ("P-256", True), ("P-384", True), ("X448", False), ("P-521", False)])
def test_the_program_exchanges_keys_as_mozilla_advises(program, groups, taken):
    result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{program}", "-groups", groups],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    assert ("New, TLSv1.3" in result.stdout) is taken, result.stdout
