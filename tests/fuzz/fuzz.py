"""Fuzz what reads strangers' octets, guided by coverage: `script/test --long` runs each target for a while.

    .venv/bin/python tests/fuzz/fuzz.py message|markup|document [options of libFuzzer] [CORPUS]

A crash, an input that takes longer than five seconds or memory beyond a gigabyte ends the run, and the input is kept
as a file `crash-…`, `timeout-…` or `oom-…` in the current folder.
"""

import itertools
import sys
from collections.abc import Callable, Iterable

import atheris

with atheris.instrument_imports(include=["sealgate_milter"]):
    import sealgate_milter
    from sealgate_milter import markup, mime, plain
    from sealgate_milter.classify import classify
    from sealgate_milter.extract import walk
    from sealgate_milter.extract.found import File
    from sealgate_milter.message import from_bytes
    from sealgate_milter.policy import load_policy
    from sealgate_milter.reading import read

from pathlib import Path

LIMITS = ("-timeout=5", "-rss_limit_mb=1024", "-max_len=20000")
SHIPPED = Path(sealgate_milter.__file__).with_name("policy.toml")
POLICY = load_policy(SHIPPED, ["corp.example"])


class Here:
    """Documents are read in this process, where the fuzzer sees what they do."""

    def extract(self, file: File, path: str, patience: float) -> Iterable[walk.Said]:
        """Return what is in the file."""
        return walk.walk(file, path)


def message(octets: bytes) -> None:
    """Read a message and, where that needs no other process, judge it."""
    given = from_bytes(octets, "ann@corp.example", ("bob@outside.example",))
    content = read(given, Here())
    assert content.size <= plain.MAX_TEXT
    assert len(mime.walk(given.header, given.body).parts) <= mime.MAX_PARTS
    for text in content.texts:
        text.octets.decode("utf-8")
    if not content.attachments:
        assert set(classify(given, POLICY, lambda ids: False).recipients) == {"bob@outside.example"}


def html(octets: bytes) -> None:
    """Make HTML plain: nothing that is shown is longer than its source."""
    source = octets.decode("utf-8", "replace")
    shown, _ = markup.from_html(source)
    assert len(shown) <= 2 * len(source) + 2


def document(octets: bytes) -> None:
    """Take a document of any kind apart, some of it under a name that says something else."""
    name = ("a.docx", "a.pdf", "a.zip", "a.xls", "a.csv", "winmail.dat", "a.eml", "")[octets[0] % 8] if octets else ""
    for said in itertools.islice(walk.walk(File(name, octets[1:], ""), "1"), 100_000):
        assert said.kind != "text" or said.octets.decode("utf-8") is not None


TARGETS: dict[str, Callable[[bytes], None]] = {"message": message, "markup": html, "document": document}


def main() -> None:
    """Run the target that is named first."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"fuzz: name one of {', '.join(TARGETS)}")
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup([sys.argv[0], *LIMITS, *sys.argv[1:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
