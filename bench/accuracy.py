"""Measure how often the shipped policy is right: `script/bench accuracy` writes docs/accuracy.md.

With folders as arguments it measures those instead: every file in FOLDER/phi and FOLDER/clear is one message.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import made

import sealgate_milter
from sealgate_milter.classify import classify
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.message import from_bytes, from_file
from sealgate_milter.policy import Policy, load_policy
from sealgate_milter.verdict import Verdict

HERE = Path(__file__).resolve().parent
OUTSIDE = "bob@outside.example"
HEAD = f"From: ann@corp.example\r\nTo: {OUTSIDE}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
MADE = 2000
SEED = 3


@dataclass
class Row:
    """What was found in one set of messages."""

    name: str
    wanted: bool
    count: int = 0
    phi: int = 0
    secured: int = 0
    numbers: int = 0


def verdict(text: str, policy: Policy) -> Verdict:
    """Return the verdict on a message given as `Subject: …`, an empty line and the body."""
    subject, _, body = text.partition("\n\n")
    raw = f"{HEAD}{subject}\r\n\r\n{body}".encode()
    return classify(from_bytes(raw, "ann@corp.example", (OUTSIDE,)), policy, lambda ids: False)


def written(name: str) -> Iterator[str]:
    """Yield the messages of one file in bench/corpus."""
    for message in re.split(r"(?m)^=== .*\n", (HERE / f"corpus/{name}.txt").read_text("utf-8")):
        if message.strip():
            yield message


def measure(name: str, wanted: bool, verdicts: Iterable[Verdict], show: bool = False) -> Row:
    """Count over `verdicts`; `wanted` tells whether these messages are protected health information."""
    row = Row(name, wanted)
    for number, found in enumerate(verdicts, 1):
        rule = found.recipients[OUTSIDE].rule
        row.count += 1
        row.phi += rule == "PHI"
        row.secured += rule is not None
        row.numbers += any(finding.detector in DETECTORS for finding in found.findings)
        if show and (rule == "PHI") != wanted:
            print(f"  {name} {number}: {rule}", file=sys.stderr)
    return row


def sets(split: str, policy: Policy) -> Iterator[tuple[str, bool, Iterator[Verdict]]]:
    """Yield every set: its name, whether its messages are protected health information, and the verdicts."""
    for name, wanted in (("clinical", True), ("nameless", False), ("ordinary", False)):
        yield f"{name}, by hand", wanted, (verdict(text, policy) for text in written(f"{name}.{split}"))
    for name, wanted, make in (
        ("clinical", True, made.clinical),
        ("nameless", False, made.nameless),
        ("ordinary", False, made.business),
    ):
        yield f"{name}, made", wanted, (verdict(text, policy) for text in make(split, MADE, SEED))


def folders(paths: list[Path], policy: Policy) -> Iterator[tuple[str, bool, Iterator[Verdict]]]:
    """Yield the sets in folders of an administrator's own."""
    for path in paths:
        for kind in ("phi", "clear"):
            files = sorted(file for file in (path / kind).rglob("*") if file.is_file())
            messages = (from_file(file, "ann@corp.example", (OUTSIDE,)) for file in files)
            yield f"{path.name}/{kind}", kind == "phi", (classify(m, policy, lambda ids: False) for m in messages)


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| messages | number | found to be PHI | secured by any rule | with any number |", "|---|---|---|---|---|"]
    for row in rows:
        share = [f"{100 * value / max(row.count, 1):.2f} %" for value in (row.phi, row.secured, row.numbers)]
        lines.append(f"| {row.name} | {row.count} | {' | '.join(share)} |")
    wanted = [row for row in rows if row.wanted]
    others = [row for row in rows if not row.wanted]
    found = 100 * sum(row.phi for row in wanted) / max(sum(row.count for row in wanted), 1)
    wrong = 100 * sum(row.phi for row in others) / max(sum(row.count for row in others), 1)
    lines += ["", f"Protected health information: {found:.2f} % found, {wrong:.2f} % of the rest taken for it."]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="name every training message that is judged wrong")
    parser.add_argument("folders", nargs="*", type=Path)
    arguments = parser.parse_args()
    policy = load_policy(Path(sealgate_milter.__file__).with_name("policy.toml"), ["corp.example"])
    if arguments.folders:
        print(table([measure(*one) for one in folders(arguments.folders, policy)]))
        return
    start = time.process_time()
    train = table([measure(*one, show=arguments.show) for one in sets(made.TRAIN, policy)])
    test = table([measure(*one) for one in sets(made.TEST, policy)])
    print(f"train\n{train}\n\ntest\n{test}\n\n{time.process_time() - start:.1f} s of CPU")


if __name__ == "__main__":
    main()
