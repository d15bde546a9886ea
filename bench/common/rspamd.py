"""A rspamd of our own: the milter proxy that scans by itself, one filter, and the patterns of our shipped policy.

Everything else that rspamd does (statistics, DNS, its own rules) is off, so that the figures are for the same work; the
detectors' check digits and context, the lexicons and documents are ours alone.
"""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from sealgate_milter.detectors import DETECTORS

CONF = """
options {{
    pidfile = "{folder}/rspamd.pid"; filters = "regexp"; tempdir = "{folder}"; hs_cache_dir = "{folder}";
    cache_file = "{folder}/symbols.cache"; control_socket = "{folder}/control.sock mode=0600"; check_all_filters = true;
    disable_hyperscan = false; dns {{ nameserver = ["127.0.0.1:9"]; }}
}}
logging {{ type = "file"; filename = "{folder}/rspamd.log"; level = "info"; }}
lua = "{folder}/patterns.lua";
worker "rspamd_proxy" {{
    bind_socket = "{address}:{port}"; milter = yes; count = {workers}; timeout = 60s;
    upstream "local" {{ default = yes; self_scan = yes; }}
}}
worker "hs_helper" {{ count = 1; hs_dir = "{folder}"; }}
"""


def install() -> None:
    """Get Debian's rspamd, unless it is there; its service is not started."""
    if shutil.which("rspamd"):
        return
    rule = Path("/usr/sbin/policy-rc.d")
    ours = not rule.exists()
    if ours:
        rule.write_text("#!/bin/sh\nexit 101\n")
        rule.chmod(0o755)
    try:
        environment = {"DEBIAN_FRONTEND": "noninteractive", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "rspamd"]):
            subprocess.run(["apt-get", *words], check=True, capture_output=True, env=environment)
    finally:
        if ours:
            rule.unlink()


def patterns() -> dict[str, str]:
    """Return the gate pattern of every detector, by name: what our own first pass looks for."""
    gates = {}
    for detector in DETECTORS.values():
        if detector.gate is not None:
            gates["SG_" + detector.name.upper().replace("-", "_")] = detector.gate
    return gates


class Rspamd:
    """A running rspamd; `pid` is its main process."""

    def __init__(self, folder: Path, address: str, port: int, workers: int) -> None:
        self.folder, self.address, self.port, self.workers = folder, address, port, workers
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> "Rspamd":
        self.folder.mkdir(mode=0o755)
        shutil.chown(self.folder, "_rspamd", "_rspamd")
        names = {"folder": self.folder, "address": self.address, "port": self.port, "workers": self.workers}
        (self.folder / "rspamd.conf").write_text(CONF.format(**names))
        lines = ["config['regexp'] = {}"]
        for name, pattern in patterns().items():
            # Text parts, HTML made plain, decoded: what ours looks at, too.
            source = f"/{pattern.replace('/', chr(92) + '/')}/P"
            lines.append(f"config['regexp']['{name}'] = {{ re = [==[{source}]==], score = 0.1 }}")
        (self.folder / "patterns.lua").write_text("\n".join(lines) + "\n")
        command = ["rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", str(self.folder / "rspamd.conf")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        """Wait until it listens and its patterns are compiled by Hyperscan, where the machine has it."""
        end = time.monotonic() + 120
        log = self.folder / "rspamd.log"
        while time.monotonic() < end:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            said = log.read_text(errors="replace") if log.exists() else ""
            ready = said.count("regexps has been loaded") >= self.workers or "hyperscan support is disabled" in said
            if ready:
                with socket.socket() as probe:
                    if probe.connect_ex((self.address, self.port)) == 0:
                        time.sleep(1)
                        return
            time.sleep(0.1)
        raise RuntimeError(f"rspamd does not come up: {log.read_text()[-1500:] if log.exists() else 'no log'}")
