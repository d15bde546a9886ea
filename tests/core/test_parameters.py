"""Parameters: every wrong file stops with a sentence that names file, line and remedy."""

from pathlib import Path

import pytest

from sealgate_core.parameters import REQUIRED, Declaration, Parameter, ParameterError, secret_file, toml_value

PARAMETERS = Declaration("test", (
    Parameter("name", str, REQUIRED, "What it is called by its friends."),
    Parameter("port", int, 25, "Where it listens for other programs."),
    Parameter("on", bool, True, "Whether it does anything at all."),
    Parameter("names", list, ["a"], "What else it is called."),
    Parameter("map", dict, {"a": "b"}, "What leads where, one by one."),
    Parameter("place", Path, Path("/x"), "Where everything rests at night."),
))


def load(tmp_path: Path, text: str) -> dict:
    path = tmp_path / "test.toml"
    path.write_text(text, "utf-8")
    return PARAMETERS.load(path)


def test_values_and_defaults(tmp_path):
    assert load(tmp_path, 'name = "x"\nplace = "/y"\n') == {
        "name": "x", "port": 25, "on": True, "names": ["a"], "map": {"a": "b"}, "place": Path("/y")}


@pytest.mark.parametrize(("text", "said"), [
    ("port = 1\n", "'name' is missing"),
    ('name = "x"\nprot = 1\n', "test.toml:2: unknown parameter 'prot'; did you mean 'port'?"),
    ('name = "x"\nxyz = 1\n', "test.toml:2: unknown parameter 'xyz'; known ones are name, port"),
    ('name = "x"\n\nport = "1"\n', "test.toml:3: port must be a whole number"),
    ('name = "x"\nport = true\n', "test.toml:2: port must be a whole number"),
    ('name = "x"\nnames = [1]\n', "test.toml:2: names must be a list of strings"),
    ('name = "x"\n[map]\na = 1\n', "test.toml:2: every value in map"),
    ("name = 1\n", "test.toml:1: name must be a string"),
    ("name = \n", "not valid TOML"),
])
def test_wrong_files(tmp_path, text, said):
    with pytest.raises(ParameterError) as error:
        load(tmp_path, text)
    assert said in str(error.value)


def test_a_mark_that_says_utf_8_is_passed_over(tmp_path):
    assert load(tmp_path, '\ufeffname = "x"\n')["name"] == "x"


def test_missing_file(tmp_path):
    with pytest.raises(ParameterError, match="cannot be read"):
        PARAMETERS.load(tmp_path / "none.toml")


def test_the_sample_is_the_defaults(tmp_path):
    sample = PARAMETERS.sample()
    shown = "".join(line[2:] + "\n" for line in sample.splitlines() if " = " in line and "..." not in line)
    values = load(tmp_path, 'name = "x"\n' + shown)
    assert values == load(tmp_path, 'name = "x"\n')
    assert all(f"## {parameter.name}\n" in PARAMETERS.reference() for parameter in PARAMETERS.parameters)


def test_toml_value_escapes():
    assert toml_value('a"b\\') == '"a\\"b\\\\"'


def test_secret_files_are_private_and_whole(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"k" * 32)
    path.chmod(0o644)
    with pytest.raises(ParameterError, match="chmod 0600"):
        secret_file(path)
    path.chmod(0o600)
    assert secret_file(path, 32) == b"k" * 32
    with pytest.raises(ParameterError, match="16 are wanted"):
        secret_file(path, 16)
    with pytest.raises(ParameterError, match="cannot be read"):
        secret_file(tmp_path / "none")
