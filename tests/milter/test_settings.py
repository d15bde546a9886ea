"""Parameters of the gateway, and which domains Postfix calls its own."""

import pytest

from sealgate_core.parameters import ParameterError
from sealgate_milter import settings


@pytest.fixture
def postconf(tmp_path, monkeypatch):
    """Put a `postconf` that prints `answer` first on the PATH."""

    def say(answer: str, status: int = 0) -> None:
        program = tmp_path / "postconf"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\nexit {status}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return say


def load(tmp_path, text):
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    return settings.load(path)


def test_postfix_is_asked_for_what_is_internal(tmp_path, postconf):
    postconf("Corp.Test, localhost\n\nmail.test corp.test\n")
    values = load(tmp_path, "")
    assert values["internal"] == values["sender_domains"] == ["corp.test", "localhost", "mail.test"]
    assert values["workers"] >= 1


def test_what_is_named_is_not_asked_for(tmp_path, postconf):
    postconf("", 1)
    values = load(tmp_path, 'internal = ["A.test"]\nsender_domains = ["b.test"]\n')
    assert (values["internal"], values["sender_domains"]) == (["a.test"], ["b.test"])


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [("corp.test hash:/etc/postfix/domains", 0, "a table"), ("", 0, "no internal"), ("", 1, "postconf failed")],
)
def test_domains_that_cannot_be_known_stop_the_program(tmp_path, postconf, answer, status, said):
    postconf(answer, status)
    with pytest.raises(ParameterError, match=said):
        load(tmp_path, "")


@pytest.mark.parametrize("wrong", ["workers = -1", "deadline = 0"])
def test_senseless_numbers_are_refused(tmp_path, wrong):
    with pytest.raises(ParameterError, match=wrong.split()[0]):
        load(tmp_path, f'internal = ["a.test"]\n{wrong}\n')


@pytest.mark.parametrize("name", ["internal", "sender_domains"])
def test_what_is_no_domain_is_refused(tmp_path, name):
    with pytest.raises(ParameterError, match=rf'gateway.toml:\d: {name} has .*; write "a.test"'):
        load(tmp_path, f'internal = ["a.test"]\n{name} = ["https://a.test"]\n'.replace('internal = ["a.test"]\ni', "i"))
