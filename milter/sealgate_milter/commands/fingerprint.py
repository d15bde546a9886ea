"""`sealgate-gateway fingerprint add|list|remove`: register documents, so that policy tests `fingerprint` know them.

Kept of a document are keyed hashes of word sequences, which without the key give nothing of it away. The same file, an
edited or reordered copy and an excerpt are found in mail bodies and in attachments of any format that is read. A change
is in force with the next message.
"""

import argparse
import datetime
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate_milter.commands import common
from sealgate_milter.commands.common import CommandError
from sealgate_milter.registered import documents, registering
from sealgate_milter.registered.documents import Document, Index
from sealgate_milter.registered.from_file import read_file
from sealgate_milter.registered.registering import Reading
from sealgate_milter.wording import counted

if TYPE_CHECKING:
    from sealgate_milter.commands.common import Subcommands

FEW = 3
"""Shingles it takes at the very least to find a document by its words."""


def add(subcommands: "Subcommands") -> None:
    """Declare the command."""
    command = subcommands.add_parser(
        "fingerprint",
        help="register confidential documents",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    inner = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    adding = inner.add_parser("add", help="register files, or all files in folders")
    adding.add_argument("--label", default="confidential", help="what a policy calls them (default: confidential)")
    adding.add_argument("--form", action="store_true", help="forms: found when filled in, whatever is written in them")
    adding.add_argument(
        "--background",
        action="store_true",
        help="no documents but ordinary text, such as letterheads and legal notices: passages of it never count",
    )
    adding.add_argument("paths", metavar="FILE", nargs="+", type=Path)
    adding.set_defaults(run=run_add)
    listing = inner.add_parser("list", help="list what is registered")
    listing.set_defaults(run=run_list)
    removing = inner.add_parser("remove", help="forget documents")
    removing.add_argument("--label", help="all documents with this label")
    removing.add_argument("--background", action="store_true", help="all ordinary text")
    removing.add_argument("paths", metavar="FILE", nargs="*", type=Path, help="a file or folder as it was registered")
    removing.set_defaults(run=run_remove)
    for one in (adding, listing, removing):
        common.add_config(one)


def run_add(arguments: argparse.Namespace) -> int:
    """Register files; one that cannot be opened is named, and makes the exit status 1."""
    reader = _Reader(arguments.label, form=arguments.form)
    readings = reader.read(arguments.paths)
    change = registering.add_background if arguments.background else registering.add
    index = _change(arguments, lambda index: change(index, readings))
    for document in index.documents.values():
        if document.name in reader.names and document.size + document.pairs < FEW:
            print(f"{document.name}: too little text to tell it by: only the very file is found", file=sys.stderr)
    done = counted(reader.done, "text" if arguments.background else "document")
    what = "ordinary text" if arguments.background else repr(arguments.label)
    print(f"registered {done} as {what}; {reader.failed} could not be opened")
    return 1 if reader.failed else 0


def run_list(arguments: argparse.Namespace) -> int:
    """Print a line for each document: label, day, shingles, name."""
    index = common.registered(arguments).documents()
    for document in sorted(index.documents.values(), key=lambda one: (one.label, one.name)):
        form = " (form)" if document.pairs else ""
        print(f"{document.label:20} {document.added:10} {document.size:8} {document.name}{form}")
    for name in index.background:
        print(f"{'(ordinary text)':20} {'':10} {'':8} {name}")
    print(counted(len(index.documents), "document"), file=sys.stderr)
    return 0


def run_remove(arguments: argparse.Namespace) -> int:
    """Forget documents; status 1 when there was nothing to forget."""
    if not (arguments.label or arguments.paths or arguments.background):
        raise CommandError("name files, or --label LABEL, or --background")
    names = [str(path.resolve()) for path in arguments.paths]
    counts: list[int] = []

    def unwanted(document: Document) -> bool:
        below = any(document.name == name or document.name.startswith(f"{name}/") for name in names)
        return below or (bool(arguments.label) and document.label == arguments.label)

    def change(index: Index) -> Index:
        counts.append(sum(map(unwanted, index.documents.values())))
        if arguments.background:
            counts.append(len(index.background))
            index = registering.remove_background(index)
        return registering.remove(index, unwanted)

    _change(arguments, change)
    print(f"removed {sum(counts)}")
    return 0 if sum(counts) else 1


def _change(arguments: argparse.Namespace, change: Callable[[Index], Index]) -> Index:
    """Replace the index by what `change` makes of it, and return that."""
    found = common.registered(arguments)
    with found.alone():
        path = found.folder / documents.FILE
        key = found.key_to_write(path.exists())
        index = documents.load(path, key) if path.exists() else documents.empty(key)
        try:
            changed = change(index)
        except registering.Full as error:
            raise CommandError("the index is full; remove documents first") from error
        documents.save(path, changed)
        return changed


class _Reader:
    """Reads files one after the other, and says what is odd about them."""

    def __init__(self, label: str, *, form: bool) -> None:
        self.done = 0
        self.failed = 0
        self.names: set[str] = set()
        self._label = label
        self._form = form

    def read(self, paths: Sequence[Path]) -> Iterator[Reading]:
        """Yield what is in these files and in all files below these folders."""
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        for path in _files(paths):
            try:
                sheet = read_file(path, self._label, form=self._form, added=today)
            except OSError as error:
                self._say(path, f"cannot be opened ({error.strerror})")
                self.failed += 1
                continue
            for part in sheet.unreadable:
                self._say(path, f"could not be read whole ({part.reason}): that much is known by its octets only")
            self.done += 1
            self.names.add(sheet.reading.name)
            yield sheet.reading

    def _say(self, path: Path, sentence: str) -> None:
        print(f"{path}: {sentence}", file=sys.stderr)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield files, and those below folders that no dot hides."""
    for path in paths:
        if path.is_dir():
            below = (one for one in sorted(path.rglob("*")) if one.is_file())
            yield from (one for one in below if not any(n.startswith(".") for n in one.relative_to(path).parts))
        else:
            yield path
