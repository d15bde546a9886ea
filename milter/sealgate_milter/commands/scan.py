"""`sealgate-gateway scan --jsonl`: every detector on bare texts, no policy applied.

Reads lines `{"id": …, "text": …}` on standard input and writes `{"id": …, "detectors": {name: count}}` for each. Weak
detectors, which find things in ordinary mail and mean something only beside other evidence, take part with --weak.
"""

import argparse
import json
import re
import sys
from typing import TYPE_CHECKING

from sealgate_milter import plain, text
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.gate import Gate

if TYPE_CHECKING:
    from sealgate_milter.commands.common import Subcommands

_TAG = re.compile(r"<[A-Za-z/!]")


def add(subcommands: "Subcommands") -> None:
    """Declare the command."""
    command = subcommands.add_parser(
        "scan",
        help="run every detector on texts from standard input",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--jsonl", action="store_true", required=True, help="one JSON object a line, in and out")
    command.add_argument("--weak", action="store_true", help="weak detectors, too")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Scan every line; a line that is no such object is named on standard error and makes the exit status 1."""
    chosen = [detector for detector in DETECTORS.values() if arguments.weak or not detector.weak]
    gate = Gate({detector.name: detector.gate for detector in chosen})
    status = 0
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            identity, source = given["id"], str(given["text"])
        except (ValueError, KeyError, TypeError):
            print(f'sealgate-gateway: line {number}: wants {{"id": …, "text": …}}', file=sys.stderr)
            status = 1
            continue
        print(json.dumps({"id": identity, "detectors": counts(gate, source)}), flush=True)
    return status


def counts(gate: Gate, source: str) -> dict[str, int]:
    """Return how many different numbers each detector finds in `source`; detectors that find none are left out."""
    views = [source]
    if _TAG.search(source):
        views += text.from_html(source)
    found: dict[str, set[bytes]] = {}
    for octets in dict.fromkeys(octets for view in views for octets in plain.octets(view)):
        for name in gate.open(octets):
            values = {match.value for match in DETECTORS[name].find(octets)}
            if values:
                found.setdefault(name, set()).update(values)
    return {name: len(values) for name, values in found.items()}
