"""What the commands share: the settings, how a result is printed, how a command fails."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sealgate_core.parameters import secret_file
from sealgate_core.seal import KEY_SIZE
from sealgate_delivery.store import Tenant

Row = Mapping[str, Any]
Nouns = Any
"""argparse's collection of sub-commands; its type has no public name."""


class Failure(Exception):
    """What was asked cannot be done; `str()` is one sentence that says what to do instead."""


@dataclass(frozen=True)
class Session:
    """One run of the program."""

    settings: Mapping[str, Any]
    json: bool

    def master(self) -> bytes:
        """Return the master key."""
        return secret_file(Path(self.settings["master_key"]), KEY_SIZE)

    def say(self, sentence: str, **facts: object) -> None:
        """Print the outcome of a change: a sentence, or `facts` as JSON."""
        print(json.dumps(facts) if self.json else sentence)

    def table(self, rows: Sequence[Row], empty: str) -> None:
        """Print rows with the same keys as columns, or as a JSON list."""
        if self.json:
            print(json.dumps(rows))
            return
        if not rows:
            print(empty)
            return
        cells = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
        widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
        for line in cells:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

    def record(self, row: Row) -> None:
        """Print one row, a line a column."""
        if self.json:
            print(json.dumps(row))
            return
        for name, value in row.items():
            sys.stdout.write(f"{name:<14}{_text(value)}\n")


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "-"
    return "-" if value in (None, "") else str(value)


def time_text(seconds: int | None) -> str | None:
    """Return a time as ISO 8601, UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def find_tenant(name: str) -> Tenant:
    """Return the tenant of that name or fail."""
    found = Tenant.get_or_none(Tenant.name == name)
    if found is None:
        raise Failure(f"there is no tenant {name!r}; sealgate-cloud tenant list shows which there are")
    return found


def verb(
    verbs: Nouns, name: str, run: Callable[[Session, argparse.Namespace], None], text: str, **defaults: object
) -> argparse.ArgumentParser:
    """Add one verb; `text` is its help."""
    made: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    made.set_defaults(run=run, **defaults)
    return made


def noun(nouns: Nouns, name: str, text: str) -> Nouns:
    """Add one noun and return where its verbs go."""
    return nouns.add_parser(name, help=text, description=text).add_subparsers(metavar="VERB", required=True)
