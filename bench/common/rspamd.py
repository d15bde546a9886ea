"""A rspamd of our own: the milter proxy that scans by itself, one filter, and the patterns of our shipped policy.

Everything else that rspamd does (statistics, DNS, its own rules) is off, so that the figures are for the same work; the
detectors' check digits and context, the lexicons and documents are ours alone.
"""

import shutil
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
    bind_socket = "{listen}"; milter = yes; count = {workers}; timeout = 60s;
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
    """A running rspamd that listens at `listen`, `HOST:PORT` or a path; entering it gives its process id."""

    def __init__(self, folder: Path, listen: str, workers: int) -> None:
        self.folder, self.listen, self.workers = folder, listen, workers
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> int:
        self.folder.mkdir(mode=0o755)
        shutil.chown(self.folder, "_rspamd", "_rspamd")
        listen = self.listen + " mode=0666" if self.listen.startswith("/") else self.listen
        conf = CONF.format(folder=self.folder, listen=listen, workers=self.workers)
        (self.folder / "rspamd.conf").write_text(conf)
        lines = ["config['regexp'] = {}"]
        for name, pattern in patterns().items():
            # Text parts, HTML made plain, decoded: what ours looks at, too.
            source = f"/{pattern.replace('/', chr(92) + '/')}/P"
            lines.append(f"config['regexp']['{name}'] = {{ re = [==[{source}]==], score = 0.1 }}")
        (self.folder / "patterns.lua").write_text("\n".join(lines) + "\n")
        command = ["rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", str(self.folder / "rspamd.conf")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait(self._process)
        return self._process.pid

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until every worker has the patterns that Hyperscan compiled, where the machine has it."""
        end = time.monotonic() + 120
        log = self.folder / "rspamd.log"
        said = ""
        while time.monotonic() < end and process.poll() is None:
            said = log.read_text(errors="replace") if log.exists() else ""
            if said.count("regexps has been loaded") > self.workers or "hyperscan support is disabled" in said:
                return
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"rspamd does not come up: {said[-1500:]}")
