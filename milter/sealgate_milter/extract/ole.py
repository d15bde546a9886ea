"""Compound files: old Word, Excel and PowerPoint documents, Outlook messages, and whatever else comes in that dress.

Each stream is read by the module that knows its name, wherever in the file it stands, so that a document inside a
document is found too. What no module knows gives its readable runs.
"""

from collections.abc import Callable, Iterator

from sealgate_milter.extract import doc, formats, macros, msg, packager, ppt, property_set, strings, xls
from sealgate_milter.extract.compound import Compound, Damaged, Entry
from sealgate_milter.extract.found import Budget, File, Found, Passage, Unread

_MAIN: dict[str, Callable[[Compound, Entry, Budget], Iterator[Found]]] = {
    "worddocument": doc.stream, "workbook": xls.stream, "book": xls.stream, "powerpoint document": ppt.stream,
}  # fmt: skip
_SEALED = {"encryptedpackage", "\x06dataspaces"}
"""Streams and storages of a document that is encrypted or rights-managed ([MS-OFFCRYPTO])."""
_PROPERTIES = {"\x05summaryinformation", "\x05documentsummaryinformation"}
_EMBEDDED = {"package", "embeddedodf", "\x01ole10native"}
_TABLES = {"0table", "1table"}
"""Word's: names of authors, bookmarks and styles, variables of the document."""
_UNDERSTOOD = {*_MAIN, *_EMBEDDED, *_TABLES, "contents", "equation native", "_vba_project"}
# Pictures and what links need: nothing for the reader's eyes.
_SILENT = {"pictures", "\x01compobj", "\x01ole", "\x03objinfo", "\x03ole", "\x02olepres000", "current user"}


def extract(body: bytes, budget: Budget) -> Iterator[Found]:
    """Yield what the streams of a compound file say, and the files in them."""
    try:
        container = Compound(body)
    except Damaged:
        yield Unread("corrupt")
        yield from strings.runs(body)
        return
    if any(entry.name.lower() in _SEALED for entry in container.entries):
        yield Unread("encrypted")
        return
    if any(entry.name.startswith("__substg1.0_") for entry in container.entries):
        yield from msg.messages(container, budget)
    elif not any(entry.name.lower() in _UNDERSTOOD for entry in container.streams()):
        # A drawing of Visio, an installer: what packs its text shows no runs of it.
        yield Unread("unsupported")
    for entry in container.streams():
        if not entry.name.startswith("__"):
            yield from _stream(container, entry, budget)
    if container.damaged:
        yield Unread("corrupt")


def _stream(container: Compound, entry: Entry, budget: Budget) -> Iterator[Found]:
    name = entry.name.lower()
    if name in _MAIN:
        yield from _MAIN[name](container, entry, budget)
    elif name in _PROPERTIES:
        yield from (Passage("properties", text) for text in property_set.texts(container.read(entry)))
    elif name in _EMBEDDED:
        body = container.read(entry)
        budget.enclose(len(body))
        yield packager.native(body) if name.endswith("native") else File(entry.name, body)
    elif entry.folder.rpartition("/")[2].lower() == macros.FOLDER:
        if name not in macros.COMPILED:
            yield from (Passage(f"macro {entry.name}", text) for text in macros.texts(container.read(entry), budget))
    elif name in _TABLES:
        yield from strings.wide_runs(container.read(entry))
    elif name not in _SILENT:
        body = container.read(entry)
        # Readers of PDF and the like keep theirs in `CONTENTS`, controls in a form some octets of their own.
        if formats.binary(body):
            budget.enclose(len(body))
            yield File(entry.name, body)
        else:
            yield from strings.runs(body)
