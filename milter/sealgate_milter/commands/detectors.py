"""`sealgate-gateway detectors`: every detector with a sentence and an example."""

import argparse
import json
from typing import TYPE_CHECKING

from sealgate_milter.detectors import DETECTORS

if TYPE_CHECKING:
    from sealgate_milter.commands.common import Subcommands


def add(subcommands: "Subcommands") -> None:
    """Declare the command."""
    command = subcommands.add_parser("detectors", help="list the detectors", description=__doc__)
    command.add_argument("--json", action="store_true", help="print one JSON list")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    if arguments.json:
        keys = ("name", "sentence", "example", "weak")
        print(json.dumps([{key: getattr(detector, key) for key in keys} for detector in DETECTORS.values()]))
        return 0
    for detector in DETECTORS.values():
        weak = " (weak: counts only beside other evidence)" if detector.weak else ""
        print(f"{detector.name}{weak}\n    {detector.sentence}\n    Example: {detector.example}")
    return 0
