"""Guards of the repository's shape: packages, imports that point one way, parameters with a text."""

import ast
import configparser
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from pathlib import Path

import pytest

from sealgate_core.parameters import Declaration

ROOT = Path(__file__).resolve().parents[1]
COMPONENTS = {
    "core": "sealgate_core", "milter": "sealgate_milter", "delivery": "sealgate_delivery", "portal": "sealgate_portal",
}
MAY_IMPORT = {
    "sealgate_core": set(),
    "sealgate_milter": {"sealgate_core"},
    "sealgate_delivery": {"sealgate_core"},
    "sealgate_portal": {"sealgate_core", "sealgate_delivery"},
}


def modules():
    for folder, package in COMPONENTS.items():
        yield from ((package, path) for path in sorted((ROOT / folder / package).rglob("*.py")))


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def test_no_package_is_named_milter():
    """pymilter's C module is called `milter`; a package of that name in the root would shadow it."""
    for folder in (*COMPONENTS, "tests", *(f"tests/{name}" for name in COMPONENTS)):
        assert not (ROOT / folder / "__init__.py").exists(), folder
    spec = importlib.util.find_spec("milter")
    assert spec is not None and spec.origin is not None and spec.origin.endswith(".so")


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_upstream_only(package):
    ours = set(MAY_IMPORT)
    for name, path in modules():
        if name == package:
            wrong = (tops(path) & ours) - MAY_IMPORT[package] - {package}
            assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_only_the_daemon_imports_pymilter():
    users = {path.name for _, path in modules() if tops(path) & {"Milter", "milter"}}
    assert users == {"daemon.py"}


def test_only_seal_imports_cryptographic_primitives():
    primitives = {"cryptography", "argon2", "nacl"}
    users = {path.relative_to(ROOT).as_posix() for _, path in modules() if tops(path) & primitives}
    assert users == {"core/sealgate_core/seal.py"}


def plain(name: str) -> str:
    """Return the name of a distribution as PyPI compares it."""
    return name.lower().replace("_", "-")


@pytest.mark.parametrize(
    ("package", "extras"),
    [
        ("sealgate_core", ()),
        ("sealgate_milter", ("milter", "ldap")),
        ("sealgate_delivery", ("delivery",)),
        ("sealgate_portal", ("portal",)),
    ],
)
def test_a_component_installs_what_it_imports(package, extras):
    """A host has the extras of its component only: what the tests install beside them hides what is missing."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = "\n".join(config["options.extras_require"][extra] for extra in extras)
    lines += config["options"]["install_requires"]
    required = {plain(re.split(r"[ <>=~\[]", line)[0]) for line in lines.splitlines()}
    providers = importlib.metadata.packages_distributions()
    for name, path in modules():
        for top in tops(path) - set(sys.stdlib_module_names) - set(MAY_IMPORT) if name == package else ():
            assert {plain(given) for given in providers.get(top, ())} & required, (
                f"{path.relative_to(ROOT)} imports {top}, which no extra of {package} installs"
            )


def test_every_package_is_listed():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    found = {
        ".".join(path.parent.relative_to(ROOT / folder).parts)
        for folder, package in COMPONENTS.items()
        for path in (ROOT / folder / package).rglob("__init__.py")
    }
    assert listed == found


def declarations() -> list[tuple[str, Declaration]]:
    return [
        ("gateway", importlib.import_module("sealgate_milter.settings").PARAMETERS),
        ("ldap", importlib.import_module("sealgate_milter.ldap_groups").PARAMETERS),
        ("cloud", importlib.import_module("sealgate_delivery.settings").PARAMETERS),
    ]


def test_every_parameter_has_a_text():
    for title, declaration in declarations():
        for parameter in declaration.parameters:
            assert len(parameter.text.split()) >= 4, f"{title}: {parameter.name}"


def test_references_are_current():
    for title, declaration in declarations():
        assert (ROOT / f"docs/{title}.md").read_text("utf-8") == declaration.reference(), "run script/docs"
        assert (ROOT / f"docs/{title}.toml").read_text("utf-8") == declaration.sample(), "run script/docs"


def test_no_module_outgrows_one_sitting():
    sizes = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for _, path in modules()}
    assert not {name: size for name, size in sizes.items() if size > 320}
