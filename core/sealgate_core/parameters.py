"""Parameters: declared once with name, type, default and text; read from TOML; documented from the declaration.

    PARAMETERS = Declaration("gateway", (
        Parameter("socket", str, "unix:/run/sealgate/milter.sock", "Where Postfix reaches the milter."),
    ))
    settings = PARAMETERS.load(Path("/etc/sealgate/gateway.toml"))
    settings["socket"]

Unknown or missing names stop the program with a sentence that names file and line.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Settings = Mapping[str, Any]


class ParameterError(Exception):
    """A configuration file that cannot be used; `str()` is `FILE:LINE: what is wrong, what to write instead`."""


class _Required:
    def __repr__(self) -> str:
        return "(required)"


REQUIRED = _Required()


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    `kind`: `str`, `int`, `bool`, `list` (of strings), `dict` (string to string) or `Path`; `default`: its value when
    the file does not name it, or `REQUIRED`; `text`: one or more sentences for the reference.
    """

    name: str
    kind: type
    default: object
    text: str
    secret: bool = False
    """True for the path of a file that must not be readable by others (mode 0600 or stricter, 0640 for a group)."""


def like(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` when one of the `known` names is close to `name`, else `""`."""
    close = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def line_of(text: str, name: str) -> int:
    """Return the first line (from 1) of TOML `text` on which the key or table `name` stands, 1 when it is not found."""
    pattern = re.compile(rf"^\s*(?:\[+\s*(?:[\w.\"-]+\.)?)?\"?{re.escape(name)}\"?\s*(?:=|\])")
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line):
            return number
    return 1


@dataclass(frozen=True)
class Declaration:
    """All parameters of one program: `title` names the file, `parameters` keep the order of the reference."""

    title: str
    parameters: tuple[Parameter, ...]

    def load(self, path: Path) -> dict[str, Any]:
        """Return every parameter's value: from the TOML file at `path`, else its default.

        Raises `ParameterError` when the file cannot be read or parsed, names something unknown, lacks something
        required, or gives a value of the wrong type.
        """
        try:
            # Editors on Windows begin a file with a mark that says UTF-8.
            text = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ParameterError(f"{path}: cannot be read ({error}); create it or name another one") from error
        try:
            given = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ParameterError(f"{path}: is not valid TOML: {error}") from error
        return self.check(given, str(path), text)

    def check(self, given: Mapping[str, Any], where: str, text: str = "") -> dict[str, Any]:
        """Return `given` completed with defaults and converted; `where` and `text` only serve the error messages."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                meant = like(name, known) or f"; known ones are {', '.join(known)}"
                raise ParameterError(f"{where}:{line_of(text, name)}: unknown parameter {name!r}{meant}")
        return {name: self._value(parameter, given, where, text) for name, parameter in known.items()}

    def _value(self, parameter: Parameter, given: Mapping[str, Any], where: str, text: str) -> Any:  # noqa: ANN401
        if parameter.name not in given:
            if parameter.default is REQUIRED:
                raise ParameterError(f"{where}: parameter {parameter.name!r} is missing; {parameter.text}")
            return parameter.default
        value: Any = given[parameter.name]
        line = f"{where}:{line_of(text, parameter.name)}"
        wanted = str if parameter.kind is Path else parameter.kind
        fits = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
        if not fits:
            raise ParameterError(f"{line}: {parameter.name} must be {_said(parameter.kind)}, not {value!r}")
        if wanted is list and not all(isinstance(item, str) for item in value):
            raise ParameterError(f"{line}: {parameter.name} must be a list of strings")
        if wanted is dict and not all(isinstance(item, str) for item in value.values()):
            raise ParameterError(f"{line}: every value in {parameter.name} must be a string")
        return Path(value) if parameter.kind is Path else value

    def sample(self) -> str:
        """Return a sample configuration file: every parameter with its text, commented out at its default."""
        blocks = [f"# {self.title}.toml: every parameter, at its default. Remove the # to change one.\n"]
        for parameter in self.parameters:
            shown = "..." if parameter.default is REQUIRED else toml_value(parameter.default)
            blocks.append(f"{_wrapped(parameter.text)}# {parameter.name} = {shown}\n")
        return "\n".join(blocks)

    def reference(self) -> str:
        """Return the reference as Markdown, one section a parameter."""
        blocks = [f"# {self.title}.toml\n\nGenerated from the declarations; do not edit.\n"]
        for parameter in self.parameters:
            default = "required" if parameter.default is REQUIRED else f"default `{toml_value(parameter.default)}`"
            blocks.append(f"## {parameter.name}\n\n{_said(parameter.kind)}, {default}\n\n{parameter.text}\n")
        return "\n".join(blocks)


def secret_file(path: Path, size: int | None = None) -> bytes:
    """Return the bytes of a secret file; raise `ParameterError` if others may read it or its size is not `size`."""
    try:
        if path.stat().st_mode & 0o027:
            raise ParameterError(f"{path}: others may read or write this secret; chmod 0600 it")
        content = path.read_bytes()
    except OSError as error:
        raise ParameterError(f"{path}: cannot be read ({error.strerror})") from error
    if size is not None and len(content) != size:
        raise ParameterError(f"{path}: holds {len(content)} bytes, {size} are wanted; make it anew")
    return content


def toml_value(value: object) -> str:
    """Return `value` (a parameter's default) as TOML text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {toml_value(item)}' for key, item in value.items()) + "}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(kind: type) -> str:
    names = {str: "a string", int: "a whole number", bool: "true or false", list: "a list of strings", Path: "a path"}
    return names.get(kind, "a table of strings")


def _wrapped(text: str) -> str:
    lines, line = [], "#"
    for word in text.split():
        if len(line) + len(word) > 96:
            lines.append(line)
            line = "#"
        line += " " + word
    return "\n".join([*lines, line]) + "\n"
