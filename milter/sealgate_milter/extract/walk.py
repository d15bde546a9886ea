"""Everything in an attachment: its text, the files in it and theirs, and what could not be read."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sealgate_milter import charsets, media, plain
from sealgate_milter.extract import formats
from sealgate_milter.extract.found import MAX_DEPTH, Budget, Exceeded, File, Found, Passage, Unread
from sealgate_milter.kinds import Kind, kind_of
from sealgate_milter.mime import parse_parameters

MAX_LAYERS = 10
"""Files within files of any kind that are entered."""
MAX_NAME = 200
"""Characters of a file's name that are kept in a path."""


@dataclass(frozen=True)
class Said:
    """One thing found at `path` (`2/report.docx/word/comments.xml`).

    `text`: `octets` are normalised UTF-8; `aside`: the same, and nobody is shown it. `file`: `octets` are its SHA-256
    and its name. `unread`: `octets` are the reason code.
    """

    kind: Literal["text", "aside", "file", "unread"]
    path: str
    octets: bytes


def walk(file: File, path: str) -> Iterator[Said]:
    """Yield all that is in `file`, which stands at `path`. Raises nothing, whatever the file holds."""
    size = 0
    for said in _guarded(_enter(file, path, Budget(len(file.body)), 0, 0), path):
        room = plain.MAX_TEXT - size
        size += len(said.octets)
        if size > plain.MAX_TEXT:
            yield _unread(path, "too-large")
            if said.kind in ("text", "aside"):
                yield Said(said.kind, said.path, said.octets[:room])
            return
        yield said


def _guarded(found: Iterator[Said], path: str) -> Iterator[Said]:
    """Yield what is found until a limit or a fault: parsers of a stranger's file can fail in every way."""
    try:
        yield from found
    except Exceeded as exceeded:
        yield _unread(path, exceeded.reason)
    except MemoryError:
        yield _unread(path, "too-large")
    except RecursionError:
        yield _unread(path, "too-deep")
    except Exception:  # noqa: BLE001 - whatever a parser raises, the file is at fault, and is not read
        yield _unread(path, "corrupt")


def _enter(file: File, path: str, budget: Budget, archives: int, layers: int) -> Iterator[Said]:
    kind, parameters = parse_parameters(file.type.encode("utf-8", "replace"))
    modules: tuple[str, ...] = ()
    match kind_of(kind, file.name, file.body):
        case Kind.SEALED:
            yield _unread(path, "encrypted")
        case Kind.DOCUMENT:
            modules = formats.binary(file.body) or (formats.LAST_RESORT,)
        case Kind.TEXT | Kind.HTML | Kind.HEADER as what:
            charset = parameters.get("charset", "")
            if not charsets.legible(file.body, charset):
                yield _unread(path, "unsupported")
            for raw in plain.readings(what, charset, file.body):
                yield from _texts(path, raw)
            modules = formats.textual(file.body)
        case Kind.MEDIA:
            if layers < MAX_LAYERS and (behind := media.appended(file.body)):
                yield from _enter(File("", behind), path, budget, archives, layers + 1)
    for module in modules:
        yield from _guarded(_read(module, file.body, path, budget, archives, layers), path)


def _read(module: str, body: bytes, path: str, budget: Budget, archives: int, layers: int) -> Iterator[Said]:
    if module in formats.ARCHIVES:
        archives += 1
    if archives > MAX_DEPTH or layers >= MAX_LAYERS:
        raise Exceeded("too-deep")
    for number, found in enumerate(formats.reader(module).extract(body, budget), 1):
        yield from _each(found, path, number, budget, archives, layers, packed=module == "packed")


def _each(
    found: Found, path: str, number: int, budget: Budget, archives: int, layers: int, *, packed: bool
) -> Iterator[Said]:
    match found:
        case str():
            yield from _texts(path, found)
        case Passage():
            yield from _texts(_below(path, found.place), found.text)
        case Unread():
            yield _unread(_below(path, found.place), found.reason)
        case File():
            if packed and not found.name:
                found = replace(found, name=path.rpartition("/")[2].rpartition(".")[0])
            inner = _below(path, found.name or str(number))
            digest = hashlib.sha256(found.body).digest()
            yield Said("file", inner, digest + found.name.encode("utf-8", "replace"))
            yield from _texts(inner, found.name)
            # A compressed tar is one archive in the eyes of everybody but gzip.
            deep = archives - 1 if packed and "tarred" in formats.binary(found.body) else archives
            yield from _enter(found, inner, budget, deep, layers + 1)


def _texts(path: str, raw: str) -> Iterator[Said]:
    for octets in plain.octets(raw):
        yield Said("aside" if isinstance(raw, plain.Aside) else "text", path, octets)


def _unread(path: str, reason: str) -> Said:
    return Said("unread", path, reason.encode())


def _below(path: str, name: str) -> str:
    """Return the path of something called `name` in the file at `path`."""
    if not name:
        return path
    shown = "".join(char if char.isprintable() else "?" for char in name[:MAX_NAME])
    return f"{path}/{shown}"
