"""Which policy file a command takes: --policy, what gateway.toml names, the installed one, the shipped one."""

import argparse

import pytest

from sealgate_milter import settings
from sealgate_milter.commands import common
from sealgate_milter.gateway import main

POLICY = """internal = ["corp.example"]
[tests.{0}]
detector = "us-ssn"
[[rules]]
name = "{0}"
when = "{0}"
then = "secure"
"""
MESSAGE = "From: ann@corp.example\nTo: kim@out.example\nX-Sealgate-Expect: secure by {0}\n\nMy SSN is 123-45-6789.\n"


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Return a folder that stands for /etc/sealgate, and a writer of policies in it."""
    monkeypatch.setattr(settings, "CONFIG", tmp_path / "gateway.toml")
    monkeypatch.setattr(common, "INSTALLED", tmp_path / "policy.toml")
    for name in ("named", "own", "policy"):
        (tmp_path / f"{name}.toml").write_text(POLICY.format(name))
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.eml").write_text(MESSAGE.format(name))
    return tmp_path


def configured(host, name, said="named.toml"):
    (host / name).write_text(f'internal = ["corp.example"]\npolicy = "{host}/{said}"\n')
    return host / name


def chosen(policy=None, config=None):
    return common.policy_path(argparse.Namespace(policy=policy, config=config))


def test_the_order(host):
    assert chosen() == host / "policy.toml"
    configured(host, "gateway.toml")
    assert chosen() == host / "named.toml"
    assert chosen(config=configured(host, "other.toml", "own.toml")) == host / "own.toml"
    assert chosen(policy=host / "own.toml") == host / "own.toml"
    (host / "gateway.toml").unlink()
    (host / "policy.toml").unlink()
    assert chosen() == common.SHIPPED


def test_a_named_file_that_is_not_there_is_not_replaced_by_another(host, capsys):
    configured(host, "gateway.toml", "gone.toml")
    assert main(["explain", str(host / "named/m.eml")]) == 1
    assert f"{host}/gone.toml: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["policy", "check"], ["policy", "test", "NAMED"], ["explain", "NAMED/m.eml"],
                                     ["policy", "replay", "--against", "POLICY", "NAMED/m.eml"]])  # fmt: skip
def test_every_command_takes_the_policy_of_gateway_toml_and_names_it(host, capsys, command):
    configured(host, "gateway.toml")
    given = [word.replace("NAMED", f"{host}/named").replace("POLICY", f"{host}/policy.toml") for word in command]
    assert main(given) == 0
    assert f"{host}/named.toml" in capsys.readouterr().out.splitlines()[0]


def test_json_holds_nothing_but_objects(host, capsys):
    configured(host, "gateway.toml")
    assert main(["explain", "--json", f"{host}/named/m.eml"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert '"rule": "named"' in line
