"""Social security numbers that a spreadsheet took for amounts: without leading zeros, or with thousands parted."""

import re

_HEADING = re.compile(r"\bSSN\b|\bsocial.?security", re.IGNORECASE)
_LONGEST_HEADING = 60
_SHORTENED = re.compile(r"\d{7,8}|\d{1,3}(?:,\d{3}){2}")


def restored(rows: str) -> str:
    """Return rows, cells between tabs, with nine digits in each such number below a heading for them or right of it."""
    if not _HEADING.search(rows):
        return rows
    headed: set[int] = set()
    out: list[str] = []
    for row in rows.split("\n"):
        cells = row.split("\t")
        headings = _headings(cells) if _HEADING.search(row) else set()
        headed |= headings
        for column in headed | {heading + 1 for heading in headings}:
            if column < len(cells) and _SHORTENED.fullmatch(cells[column]):
                cells[column] = cells[column].replace(",", "").zfill(9)
        out.append("\t".join(cells))
    return "\n".join(out)


def _headings(cells: list[str]) -> set[int]:
    return {column for column, cell in enumerate(cells) if len(cell) < _LONGEST_HEADING and _HEADING.search(cell)}
