"""`policy check` notes what a policy says in vain, and refuses what the milter would refuse."""

import pytest

from sealgate_core.parameters import ParameterError
from sealgate_milter import gateway
from sealgate_milter.judgement import load

HEAD = 'internal = ["corp.example"]\n'
TESTS = '[tests.a]\nwords = "alpha"\n[tests.b]\nwords = "beta"\n'


class Host:
    """A gateway.toml and a policy in a folder, and the command line."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys = folder, capsys
        self.policy, self.config = folder / "policy.toml", folder / "gateway.toml"
        self.config.write_text(
            f'{HEAD}policy = "{self.policy}"\nregistered = "{folder}/registered"\nregistered_key = "{folder}/key"\n'
            f'tag_key = "{folder}/key"\n'
        )

    def run(self, *words, status=0):
        assert gateway.main([*map(str, words), "--config", str(self.config)]) == status
        captured = self.capsys.readouterr()
        return captured.out if status == 0 else captured.err

    def notes(self, source):
        self.policy.write_text(HEAD + source)
        return [line for line in self.run("policy", "check").splitlines() if line.startswith("note: ")]


@pytest.fixture
def host(tmp_path, capsys):
    return Host(tmp_path, capsys)


def rule(name, *lines):
    return "\n".join(["[[rules]]", f'name = "{name}"', *lines, ""])


SECURE, CLEAR, HOLD = ('then = "secure"',), ('then = "clear"',), ('then = "hold"',)
A, B = 'when = "a"', 'when = "b"'


@pytest.mark.parametrize(
    ("rules", "never"),
    [
        ([rule("x", A, *SECURE), rule("all", *SECURE), rule("y", B, *HOLD), rule("z", *CLEAR)], ["y", "z"]),
        ([rule("all", *CLEAR), rule("y", A, *SECURE), rule("z", B, *SECURE, "veto = true")], ["y"]),
        ([rule("all", *HOLD), rule("y", A, *SECURE), rule("z", B, *HOLD)], ["z"]),
        ([rule("to", 'to = "x.example"', *SECURE), rule("y", A, *SECURE), rule("z", B, *SECURE)], []),
        ([rule("day", 'hours = "Mon-Fri"', *SECURE), rule("y", A, *SECURE), rule("z", B, *SECURE)], []),
        ([rule("not", 'unless = "b"', *SECURE), rule("y", A, *SECURE)], []),
        ([rule("told", 'notify = "sender"', 'then = "notify-sender"'), rule("y", "when = 'a or b'", *SECURE)], []),
    ],
)
def test_rules_that_are_never_reached(host, rules, never):
    notes = host.notes(TESTS + "".join(rules))
    assert [note.split("'")[1] for note in notes] == never
    assert all("is never reached: 'all' above always holds and decides" in note for note in notes)
    lines = host.policy.read_text().splitlines()
    assert all(lines[int(note.split(":")[2]) - 1] == "[[rules]]" for note in notes)


def test_a_rule_that_lost_its_then(host):
    told = rule("told", A, 'notify = "boss@corp.example"')
    (note,) = host.notes(TESTS + told + rule("y", B, *SECURE))
    assert note.startswith(f"note: {host.policy}:6: the rule 'told' decides nothing, it only notifies; did you lose")
    assert not host.notes(TESTS + told + 'then = "notify-sender"\n' + rule("y", B, *SECURE))


def test_a_clear_rule_among_stronger_ones(host):
    rules = rule("wish", A, *CLEAR) + rule("y", B, *SECURE)
    (note,) = host.notes('match = "strongest"\n' + TESTS + rules)
    assert ":7: with match = \"strongest\", the rule 'wish' (clear) never wins over another one" in note
    assert not host.notes(TESTS + rules)


def test_a_test_that_no_rule_names(host):
    (note,) = host.notes(TESTS + rule("x", A, *SECURE))
    assert note == f"note: {host.policy}:5: no rule names the test 'b'"


def test_labels_under_which_nothing_is_registered(host):
    source = '[tests.paper]\nfingerprint = ["bord"]\n' + rule("x", 'when = "paper"', *SECURE)
    expected = f"{host.policy}:3: the test 'paper' waits in vain: no document is registered with the label 'bord'"
    assert host.notes(source) == [f"note: {expected} (there is: nothing yet)"]
    document = host.folder / "paper.txt"
    document.write_text(" ".join(f"word{number}" for number in range(400)))
    host.run("fingerprint", "add", "--label", "board", document)
    assert host.notes(source) == [f"note: {expected} (there is: board); did you mean 'board'?"]
    (host.folder / "m.eml").write_text("From: a@corp.example\nTo: b@out.example\n\nhello\n")
    assert f"note   {expected} (there is: board); did you mean 'board'?\n" in host.run("explain", host.folder / "m.eml")
    assert expected not in host.run("explain", "--json", host.folder / "m.eml")
    assert not host.notes(source.replace("bord", "board"))


def test_a_data_set_that_is_not_there(host):
    source = '[tests.row]\n\nexact_data = "customers"\n' + rule("x", 'when = "row"', *SECURE)
    (note,) = host.notes(source)
    expected = f"{host.policy}:4: the test 'row' cannot be judged: there is no data set 'customers'"
    assert note.startswith(f"note: {expected}")
    assert note.endswith("a milter on this host would refuse this policy")
    (host.folder / "m.eml").write_text("From: a@corp.example\nTo: b@out.example\n\nhello\n")
    assert expected in host.run("explain", host.folder / "m.eml", status=1)
    with pytest.raises(ParameterError, match="there is no data set 'customers'"):
        load(host.config, only_check=True)
    (host.folder / "registered").mkdir()
    assert expected in host.run("policy", "check", status=1)


def test_the_shipped_policy_raises_no_doubt(host):
    said = host.run("policy", "check", "--policy", gateway.__file__.replace("gateway.py", "policy.toml"))
    assert "note" not in said
