"""How values of the policy file match: strings and files, globs, regular expressions, address lists."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import re2

from sealgate_core.address import domain_of
from sealgate_core.parameters import ParameterError
from sealgate_milter.entries import never
from sealgate_milter.ldap_groups import Group, group


class ConditionError(ValueError):
    """A condition that cannot be used; `str()` is a sentence for the administrator."""


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""Control characters that nobody means: no text has them, a tab, line break or form feed apart."""


def strings(value: object, folder: Path) -> list[str]:
    """Return a string or list of strings as a list; `file:PATH` stands for that file's lines (`#` begins a remark)."""
    given = value if isinstance(value, list) else [value]
    found: list[str] = []
    for item in given:
        if not isinstance(item, str) or not item.strip():
            raise ConditionError(f"wants a string or a list of strings, not {item!r}")
        if wrong := _CONTROL.search(item):
            # Most likely a pattern such as \b in double quotes, where TOML makes a backspace of it.
            shown = item.replace("\b", "\\b")
            meant = f"; write '{shown}' in single quotes" if shown.isprintable() and "'" not in shown else ""
            raise ConditionError(f"has the control character {wrong[0]!r} in {item!r}, which matches nothing{meant}")
        if item.startswith("file:"):
            plain = (line.partition("#")[0].strip() for line in _lines(folder / item[5:].strip()))
            found += [line for line in plain if line]
        else:
            found.append(item)
    return found


def _lines(path: Path) -> list[str]:
    try:
        # Editors on Windows begin a file with a mark that says UTF-8.
        return path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise ConditionError(f"names {path}, which cannot be read ({error.strerror}); create it") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise ConditionError(f"names {path}, whose line {line} is not UTF-8; save it in that encoding") from error


def compiled(pattern: str) -> Any:  # noqa: ANN401  re2 ships no types
    """Return a RE2 pattern over UTF-8 octets; raise `ConditionError`."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    try:
        return re2.compile(pattern.encode("utf-8"), options)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise ConditionError(
            f"is no regular expression that runs in linear time ({said}); RE2 has no look-around and no back-references"
        ) from error


def glob(pattern: str) -> str:
    """Return the RE2 pattern of a glob (`*`, `?`), case-insensitive, anchored."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return r"(?is)\A(?:" + "".join(parts) + r")\z"


def any_glob(patterns: list[str]) -> Callable[[str], bool]:
    """Return a predicate: does a value have one of these forms (`*`, `?`)?"""
    tests = [compiled(glob(pattern)) for pattern in patterns]
    return lambda value: any(test.search(value.encode("utf-8", "replace")) for test in tests)


def addresses(value: object, folder: Path) -> Callable[[str], bool]:
    """Return a predicate: is an address in this list of `user@domain`, `domain`, `.domain`, `user@`, `ldap:FILE`?

    Asked about a group whose directory never answered, it raises `Refusal`.
    """
    given = [entry.strip() for entry in strings(value, folder)]
    groups = [_group(folder / entry[5:].strip()) for entry in given if entry.startswith("ldap:")]
    entries = {entry.lower() for entry in given if not entry.startswith("ldap:")}
    for entry in entries:
        if wrong := never(entry):
            raise ConditionError(wrong)
    whole = {entry for entry in entries if "@" in entry.strip("@")}
    people = {entry for entry in entries if entry.endswith("@")}
    domains = {domain_of("@" + entry.lstrip("@")) for entry in entries - whole - people if not entry.startswith(".")}
    below = tuple("." + domain_of("@" + entry.lstrip(".")) for entry in entries if entry.startswith("."))

    def matches(address: str) -> bool:
        lower = address.lower()
        domain = domain_of(address)
        person = lower.rpartition("@")[0] + "@"
        listed = lower in whole or domain in domains or domain.endswith(below) or person in people
        return listed or any(group.has(address) for group in groups)

    return matches


def _group(path: Path) -> Group:
    try:
        return group(path)
    except ParameterError as error:
        raise ConditionError(f"names a group that cannot be used: {error}") from error
