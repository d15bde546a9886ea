"""`sealgate-gateway exact-data build|list|remove`: data sets of real rows, for policy tests `exact_data`.

    sealgate-gateway exact-data build customers.csv --require member,name
    sealgate-gateway exact-data build staff.csv --columns number,name,born --require 2

A rule fires when the required columns of one row, or so many of its columns, meet in one message, however they are
written there. Kept are keyed hashes, of which nothing can be read back or guessed without the key. A change is in force
with the next message.
"""

import argparse
import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate_milter.commands import common
from sealgate_milter.commands.common import CommandError
from sealgate_milter.registered import exact, from_csv
from sealgate_milter.registered.registry import ROWS
from sealgate_milter.registered.telling import Indistinct
from sealgate_milter.wording import counted

if TYPE_CHECKING:
    from sealgate_milter.commands.common import Subcommands


def add(subcommands: "Subcommands") -> None:
    """Declare the command."""
    command = subcommands.add_parser(
        "exact-data",
        help="register rows of real data",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    inner = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    building = inner.add_parser("build", help="make a data set of a CSV file, or replace it")
    building.add_argument("file", metavar="CSV", type=Path, help="CSV file whose first line names the columns")
    building.add_argument("--name", help="name of the data set (default: the file's)")
    building.add_argument("--columns", default="", help="columns to take, with commas (default: those of --require)")
    building.add_argument("--require", default="", help="columns that must meet, or how many (default: all)")
    building.set_defaults(run=run_build)
    listing = inner.add_parser("list", help="list the data sets")
    listing.set_defaults(run=run_list)
    removing = inner.add_parser("remove", help="forget data sets")
    removing.add_argument("names", metavar="NAME", nargs="+")
    removing.set_defaults(run=run_remove)
    for one in (building, listing, removing):
        common.add_config(one)


def run_build(arguments: argparse.Namespace) -> int:
    """Make a data set; raise `CommandError` with what to write instead."""
    name = arguments.name or arguments.file.stem
    if not re.fullmatch(r"[\w-][\w.-]*", name):
        raise CommandError(f"--name: {name!r} is no name of a data set; use letters, digits and -")
    try:
        columns, need = _columns(arguments)
    except from_csv.BadTable as error:
        raise CommandError(f"{arguments.file}: {error}") from error
    found = common.registered(arguments)
    with found.alone():
        path = found.folder / (name + ROWS)
        replaced = path.exists()
        key = found.key_to_write(any(found.folder.iterdir()))
        index = _built(arguments.file, key, columns, need)
        exact.save(path, index)
    known = len(index.hidden) - index.bare
    size = f"{counted(known, 'row')}, {path.stat().st_size} bytes"
    print(f"{name}: {size}; any {need} of {', '.join(c.name for c in columns)}")
    if replaced:
        print("  takes the place of the data set of that name")
    for column in columns:
        print(f"  {column.name}: read as {column.kind}")
    if index.bare:
        print(f"  {counted(index.bare, 'row')} left out: fewer than {need} of their columns say enough")
    return 0


def _built(file: Path, key: bytes, columns: list[exact.Column], need: int) -> exact.Index:
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    try:
        index = exact.build(key, columns, need, today)
    except Indistinct as error:
        raise CommandError(
            f"{file}: {error}, so who happens to write those would be taken for a leak; require a column that tells "
            f"rows apart, or more columns. Has the file several rows of one person? Leave one of each"
        ) from error
    except ValueError as error:
        raise CommandError(f"{file}: {error}; at most 16 million rows") from error
    if index.bare == len(index.hidden):
        raise CommandError(
            f"{file}: in none of its {index.bare} rows {need} of {', '.join(c.name for c in columns)} say enough: "
            f"a value wants {exact.SHORTEST} characters, {exact.SHORTEST_ALONE} where it is to be enough by itself"
        )
    return index


def _columns(arguments: argparse.Namespace) -> tuple[list[exact.Column], int]:
    """Return the columns to register and how many must meet."""
    required = [name.strip() for name in arguments.require.split(",") if name.strip()]
    count = int(required[0]) if len(required) == 1 and required[0].isdecimal() else 0
    names = [name.strip() for name in arguments.columns.split(",") if name.strip()]
    if required and not count:
        # Columns that need not be there would change nothing.
        names = required
    columns = from_csv.read(arguments.file, names)
    need = count or len(columns)
    if need > len(columns):
        raise CommandError(f"--require {need} of {len(columns)} columns can never be met; name more with --columns")
    return columns, need


def run_list(arguments: argparse.Namespace) -> int:
    """Print a line for each data set."""
    found = common.registered(arguments)
    for name in found.sets():
        index = found.rows(name)
        names = dict.fromkeys(slot.column for slot in index.slots)
        rows = counted(len(index.hidden), "row")
        print(f"{name:20} {index.added:10} {rows:>14}, any {index.need} of {', '.join(names)}")
    return 0


def run_remove(arguments: argparse.Namespace) -> int:
    """Forget data sets; raise `CommandError` for one that is not there."""
    found = common.registered(arguments)
    for name in arguments.names:
        if name not in found.sets():
            raise CommandError(f"there is no data set {name!r}; there is: {', '.join(found.sets()) or 'none'}")
        with found.alone():
            (found.folder / (name + ROWS)).unlink()
        print(f"removed {name}; a running milter goes on with it until it is reloaded")
    return 0
