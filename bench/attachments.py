"""Measure how much of a document's text is found; with `--write`, make docs/attachments.md of it.

LibreOffice writes the documents: a number of its own in every place that a text, a presentation and a spreadsheet
have. What LibreOffice itself reads back from a file is what there is to be found in it. Needs `soffice` on the PATH
(Debian: libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui).
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from flat_documents import DOCUMENTS, LONG, UNPRINTED, Kind, long_document

from sealgate_milter.extract.found import File
from sealgate_milter.extract.walk import walk

PAGE = Path(__file__).resolve().parent.parent / "docs/attachments.md"
ROUNDS = 5
HEADING = """# What is read of documents

Made by `.venv/bin/python bench/attachments.py --write`. LibreOffice writes each document, with a number of its own in
every place; *there* counts the places in which LibreOffice finds the number again when it opens the file, *found* those
in which `sealgate-milter` does. Of a PDF that cannot be asked: there, what gets printed counts.
"""
LIMITS = """
## What is not read

- Text in pictures and on scanned paper. A PDF of nothing but scans is `unsupported`; a picture is judged by its name.
- What needs a password, Excel's built-in one for protected workbooks included: `encrypted`. A PDF that opens without
  one is read.
- Drawings of Visio, databases, installers, programs: `unsupported`, apart from what stands in them as plain characters.
- The result of a formula that the writing program has not stored.
- Lines in Hebrew and Arabic in a PDF come in the order in which they are drawn, letters and numbers alike.
"""


@dataclass
class Row:
    """What was found in one document."""

    format: str
    there: int
    found: int
    missed: list[str]
    seconds: float


def main() -> int:
    """Print the table, and with `--write` make the page of it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true")
    write = arguments.parse_args().write
    if shutil.which("soffice") is None:
        print("attachments: no soffice on the PATH; this measurement needs LibreOffice", file=sys.stderr)
        return 69
    with tempfile.TemporaryDirectory() as folder:
        page = f"{HEADING}\n{recall(Path(folder))}\n{speed(Path(folder))}{LIMITS}"
    print(page)
    if write:
        PAGE.write_text(page, "utf-8")
    return 0


def recall(folder: Path) -> str:
    """Return a table of what is found in which format."""
    rows = [row for kind in DOCUMENTS for row in measured(kind, folder)]
    lines = ["| format | there | found | missed |", "|---|---|---|---|"]
    lines += [f"| {row.format} | {row.there} | {row.found} | {', '.join(row.missed) or '–'} |" for row in rows]
    there, found = sum(row.there for row in rows), sum(row.found for row in rows)
    return "\n".join([*lines, f"| all | {there} | {found} ({100 * found / there:.1f} %) | |", ""])


def measured(kind: Kind, folder: Path) -> list[Row]:
    """Return a row for each format that LibreOffice writes a document of this kind in."""
    source = folder / f"{kind.name}.{kind.flat}"
    source.write_text(kind.document(), "utf-8")
    rows = []
    for extension in kind.formats:
        written = converted(source, extension, folder / extension)
        there = set(kind.places) - UNPRINTED
        if extension != "pdf":
            again = converted(written, kind.flat, folder / "again").read_text("utf-8")
            there = {place for place, number in kind.places.items() if number in again}
        seconds, text = read(written)
        found = {place for place, number in kind.places.items() if number in text}
        rows.append(Row(f"{kind.name} as {extension}", len(there), len(there & found), sorted(there - found), seconds))
    return rows


def converted(source: Path, extension: str, folder: Path) -> Path:
    """Return `source` in another format, as LibreOffice writes it."""
    profile = f"-env:UserInstallation=file://{folder.parent}/profile"
    subprocess.run(["soffice", profile, "--headless", "--convert-to", extension, "--outdir", folder, source],
                   check=True, capture_output=True, timeout=120)  # fmt: skip
    return folder / f"{source.stem}.{extension}"


def read(path: Path) -> tuple[float, str]:
    """Return the processor time that reading takes, and all text that is found."""
    file = File(path.name, path.read_bytes())
    start = time.process_time()
    said = list(walk(file, "1"))
    return time.process_time() - start, "\n".join(entry.octets.decode() for entry in said if entry.kind == "text")


def speed(folder: Path) -> str:
    """Return a table of how long large documents take."""
    lines = ["Processor time to take the text out of large documents, the median of five:", "",
             "| document | size | time |", "|---|---|---|"]  # fmt: skip
    for kind, formats in LONG.items():
        source = folder / f"long.{kind}"
        source.write_text(long_document(kind), "utf-8")
        for extension in formats:
            written = converted(source, extension, folder / "long")
            middle = sorted(read(written)[0] for _ in range(ROUNDS))[ROUNDS // 2]
            size = written.stat().st_size / 1000
            lines.append(f"| {formats[extension]} as {extension} | {size:,.0f} kB | {1000 * middle:.0f} ms |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
