"""The text of a policy file: reading it, what is wrong with it as TOML, what to write instead; where a key stands."""

import re
import tomllib
from pathlib import Path
from typing import Any

from sealgate_core.parameters import line_of


class PolicyError(Exception):
    """A policy file that cannot be used; `str()` is `FILE:LINE: what is wrong, what to write instead`."""


_REMEDIES = (
    (r"Cannot declare \('rules',\)|Cannot overwrite.*rules", "write [[rules]], in two brackets, above every rule"),
    (r"Cannot declare \('tests', '(.+)'\) twice", r"there is a test {0!r} above; give this one another name"),
    (r"Cannot declare (\(.+\)) twice", "it stands above already; put both together"),
    (r"Cannot overwrite", "the same key stands above already; remove one of the two"),
    (r"Unescaped|Invalid hex value",
     "a backslash means something in double quotes; write single quotes, such as '\\b\\d+\\b'"),
    (r"Illegal character '\\n'", "a string is not closed on its line; add the quote that is missing"),
    (r"Unclosed array", "a list above is not closed; add the `]`, or the comma, that is missing"),
)  # fmt: skip
"""What to write instead, by what tomllib says. Where nothing here fits, its own words must do."""
_BARE = re.compile(r"[A-Za-z][\w.-]*")
_WRONG_VALUES = {"True": "true", "False": "false", "yes": "true", "no": "false"}


def read(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of the policy file at `path` and what it says as TOML; raise `PolicyError`."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror}); create it or name another one") from error
    try:
        # Editors on Windows begin a file with a mark that says UTF-8.
        source = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        wrong = f"the octet 0x{octets[error.start]:02x} is not UTF-8"
        raise PolicyError(f"{path}:{line}: {wrong}; save the file in the encoding UTF-8") from error
    try:
        return source, tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        line_, column = _place(source, str(error))
        remedy = _remedy(source, str(error), line_, column)
        said = str(error).partition(" (at ")[0]
        raise PolicyError(f"{path}:{line_}: is not valid TOML: {said}{remedy and '; '}{remedy}") from error


def _place(source: str, said: str) -> tuple[int, int]:
    place = re.search(r"at line (\d+), column (\d+)", said)
    lines = source.splitlines()
    return (int(place[1]), int(place[2])) if place else (max(len(lines), 1), len(lines[-1]) + 1 if lines else 1)


def _remedy(source: str, said: str, line: int, column: int) -> str:
    """Return what to write instead, `""` when nobody can say."""
    text = [*source.splitlines(), ""][line - 1]
    if re.match(r"\s*\[+\s*rules\s*\]", text) and said.startswith("Cannot"):
        said = "Cannot declare ('rules',)"
    for pattern, remedy in _REMEDIES:
        if found := re.match(pattern, said):
            return remedy.format(*found.groups()) if found.groups() else remedy
    rest = text[column - 1 :].strip()
    if said.startswith("Invalid value"):
        if not rest and text.rstrip().endswith("="):
            return "add the value that is missing after the `=`"
        bare = _BARE.match(rest)
        if bare and bare[0] in _WRONG_VALUES:
            return f"write {_WRONG_VALUES[bare[0]]}"
        if rest[:1] in "“”„‘’«»" and rest:
            return f'these quotes are those of print; write {chr(34)}{rest.strip("“”„‘’«»")}{chr(34)}'
        return f'a string wants quotes: "{bare[0]}"' if bare and "=" not in rest else ""
    if said.startswith("Expected '='") and rest.startswith(":"):
        return "write `=` where the colon is"
    return ""


def locate(source: str, place: str, index: int, key: str) -> int:
    """Return the line of `key` in the table `place` (the `index`th, from 0, of an array of tables; -1: the only one).

    The table's own line when the key is not found in it, and the best guess for tables written inline.
    """
    header = re.compile(rf"\s*\[\[?\s*{re.escape(place)}\s*\]") if place else None
    inside, seen, own = header is None, -1, 0
    for number, line in enumerate(source.splitlines(), 1):
        if line.lstrip().startswith("["):
            starts = header is not None and header.match(line.replace('"', "")) is not None
            seen += starts
            inside = starts and index in (-1, seen)
            own = number if inside else own
            if header is None and key and re.match(rf"\s*\[+\s*{re.escape(key)}\b", line):
                return number
        elif inside and key and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
            return number
    return own or line_of(source, key or place.rpartition(".")[2])
