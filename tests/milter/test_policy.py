"""The policy file: every mistake is told with file, line and remedy; the shipped file and its reference are right."""

import re
from pathlib import Path

import pytest

import sealgate_milter
from sealgate_milter import expression, reference
from sealgate_milter.conditions import CONDITIONS
from sealgate_milter.policy import OPTION_KEYS, TOP_KEYS, PolicyError, load_policy
from sealgate_milter.rules import RULE_KEYS
from sealgate_milter.verdict import Action

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = Path(sealgate_milter.__file__).with_name("policy.toml")
SSN = '[tests.ssn]\ndetector = "us-ssn"\n'


def load(tmp_path, source, internal=None):
    path = tmp_path / "policy.toml"
    path.write_text(source)
    return load_policy(path, internal)


def test_shipped_policy_loads_and_uses_every_test():
    policy = load_policy(SHIPPED, ["example.com"])
    assert policy.internal == {"example.com"}
    assert policy.mode == "enforce"
    assert set(policy.tests) == policy.used()
    assert {rule.then for rule in policy.rules} == {Action.SECURE}


def test_internal_of_the_file_wins(tmp_path):
    assert load(tmp_path, 'internal = ["Mine.Example"]', ["other.example"]).internal == {"mine.example"}


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("mode = enforce", 1, 'is not valid TOML: Invalid value; a string wants quotes: "enforce"'),
        ("\nmode = “observe”", 2, 'those of print; write "observe"'),
        ("[tests.a]\nunreadable = True", 2, "write true"),
        ("[tests.a]\nunreadable: true", 2, "write `=` where the colon is"),
        ('[tests.a]\nregex = "\\d+"', 2, "write single quotes"),
        ('[tests.a]\nregex = "\\x"', 2, "write single quotes"),
        (SSN + SSN, 3, "there is a test 'ssn' above"),
        ('[[rules]]\nname = "a"\n[rules]\nname = "b"', 3, "write [[rules]], in two brackets"),
        ('[rules]\nname = "a"\n[[rules]]\nname = "b"', 3, "write [[rules]], in two brackets"),
        ('[rules]\nname = "a"', 1, "write [[rules]], in two brackets"),
        ('[tests.a]\nwords = ["a" "b"]', 2, "the comma, that is missing"),
        ("[tests.a]\nwords =\n", 2, "add the value"),
        ('[tests.a]\nwords = "x\n', 2, "the quote that is missing"),
        ('mode = "on"', 1, '"enforce" or "observe"'),
        ('\nmodus = "observe"', 2, "did you mean 'mode'"),
        ("internal = 3", 1, "list of domains"),
        ('internal = ["*.corp.test"]', 1, 'write "corp.test", and those below it'),
        ('internal = ["https://corp.test/x"]', 1, 'write "corp.test"'),
        ('internal = ["ann@corp.test"]', 1, 'write "corp.test"'),
        ('internal = ["corp test"]', 1, 'write domains such as "example.com"'),
        ('[tests.a]\nregex = "\\bfalcon\\b"', 2, r"write '\bfalcon\b' in single quotes"),
        ('[tests.a]\nwords = ["x", "a\\u0001b"]', 2, "control character"),
        ('[tests.a]\ndetector = "us-snn"', 2, "did you mean 'us-ssn'? `sealgate-gateway detectors` lists them"),
        (SSN + 'words = ["x"]', 1, "exactly one of"),
        ("\n[tests.a]\nat_least = 2", 2, "has none"),
        ('[tests.a]\ndetector = "zzz"', 2, "no 'zzz'; `sealgate-gateway detectors` lists them"),
        ("[tests.a]\n\nregex = '(?<=x)y'", 3, "look-around"),
        ('[tests.a]\nwords = ["file:none.txt"]', 2, "cannot be read"),
        ('[tests.a]\nlarger_than = "big"', 2, "10 MB"),
        ("[tests.a]\nunreadable = false", 2, "unless"),
        ('[tests.a]\nunreadable = ["x"]', 2, "encrypted"),
        ('[tests.a]\nheader = "a b: c"', 2, '"Name: value"'),
        ("[tests.a]\nrecipient = 3", 2, "list of strings"),
        ('[tests.a]\nsender = "x.example"\nat_least = 2', 3, "remove it"),
        (SSN + "at_least = 0", 3, "from 1 up"),
        (SSN + 'scope = ["bod"]', 3, "subject, headers, body, footer"),
        (SSN + 'scop = ["body"]', 3, "did you mean 'scope'"),
        ("tests = 3", 1, "[tests.NAME]"),
        ('[tests.and]\ndetector = "us-ssn"', 1, "no test name"),
        (SSN + '[[rules]]\nwhen = "ssn"\nthen = "secure"', 3, "wants `name`"),
        (SSN + '[[rules]]\nname = "a"\nwhen = "ssn"', 3, "wants `then`"),
        (SSN + '[[rules]]\nname = "a"\nthen = "block"', 5, "secure"),
        (SSN + '[[rules]]\nname="a"\nthen="hold"\n[[rules]]\nname="b"\nwhen="snn"\nthen="hold"', 8, "mean 'ssn'"),
        (SSN + '[[rules]]\nname = "a"\nwhen = "ssn and"\nthen = "secure"', 5, "missing at the end"),
        (SSN + '[[rules]]\nname = "a"\nwhen = "(ssn"\nthen = "secure"', 5, "add `)`"),
        (SSN + '[[rules]]\nname = "a"\nwhen = "ssn ssn"\nthen = "secure"', 5, "`and` or `or`"),
        (SSN + '[[rules]]\nname = "a"\nwhen = "ssn & ssn"\nthen = "secure"', 5, "means nothing"),
        (SSN + '[[rules]]\nname = "a"\nthen = "secure"\nwenn = "ssn"', 6, "did you mean 'when'"),
    ],
)
def test_mistakes_name_file_line_and_remedy(tmp_path, source, line, said):
    with pytest.raises(PolicyError) as raised:
        load(tmp_path, source)
    assert str(raised.value).startswith(f"{tmp_path}/policy.toml:{line}: ")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("*.partner.example", '".partner.example" for any domain below'),
        ("*@partner.example", 'write "partner.example"'),
        ("lawyers@*", 'write "lawyers@"'),
        ("a*@partner.example", '"user@domain", "domain"'),
        ("https://partner.example/mail", 'write "partner.example"'),
        ("Kim <kim@partner.example>", 'write the address alone, "kim@partner.example"'),
        ("kim@a.example, lee@a.example", "a string of its own"),
        ("partner", 'write "partner@" for a person'),
        ("partner..example", "no mail domain"),
        ("kim@<partner>", "no mail domain"),
        ("@", "no mail domain"),
        (".", "no mail domain"),
    ],
)
@pytest.mark.parametrize("key", ["recipient", "sender", "to"])
def test_entries_that_no_address_ever_is_are_refused(tmp_path, key, entry, said):
    source = f'[tests.a]\n{key} = ["fine.example", "{entry}"]'
    if key == "to":
        source = f'[[rules]]\nname = "a"\nthen = "hold"\nto = "{entry}"'
    with pytest.raises(PolicyError, match=rf"policy.toml:\d: {key} has ") as raised:
        load(tmp_path, source)
    assert said in str(raised.value)


def test_files_of_entries_may_begin_with_a_mark_and_must_be_utf_8(tmp_path):
    (tmp_path / "people.txt").write_bytes("\ufeffkim@x.example\nlee@x.example\n".encode())
    test = load(tmp_path, '[tests.a]\nrecipient = "file:people.txt"').tests["a"].test
    assert test.holds(None, "kim@x.example")
    (tmp_path / "people.txt").write_bytes(b"a@x.example\ncaf\xe9@x.example\n")
    with pytest.raises(PolicyError, match=r"policy.toml:2: recipient names .*people.txt, whose line 2 is not UTF-8"):
        load(tmp_path, '[tests.a]\nrecipient = "file:people.txt"')


def test_entries_that_some_address_may_be_load(tmp_path):
    (tmp_path / "more.txt").write_text("straße.example\nxn--strae-oqa.example.\n")
    entries = ["kim@x.example", "x.example", ".x.example", "@x.example", "kim@", "localhost", "kim@[192.0.2.1]",
               '\'"kim lee"@x.example\'', "kim+a?b@x.example", "file:more.txt"]  # fmt: skip
    written = ", ".join(entry if entry.startswith("'") else f'"{entry}"' for entry in entries)
    assert load(tmp_path, f"[tests.a]\nrecipient = [{written}]").tests["a"].key == "recipient"


def test_an_error_of_toml_that_nobody_foresaw_gets_no_made_up_remedy(tmp_path):
    with pytest.raises(PolicyError) as raised:
        load(tmp_path, "[tests.a\nwords = 1")
    assert str(raised.value).endswith(":1: is not valid TOML: Expected ']' at the end of a table declaration")


def test_encodings(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SSN.encode())
    assert set(load_policy(path).tests) == {"ssn"}
    path.write_bytes('# fine: é\n\n[tests.a]\nwords = "'.encode() + b'caf\xe9"\n')
    with pytest.raises(PolicyError, match=r"policy.toml:4: the octet 0xe9 is not UTF-8; save the file"):
        load_policy(path)
    path.write_bytes("mode = 1".encode("utf-16"))
    with pytest.raises(PolicyError, match=r"policy.toml:1: the octet 0xff is not UTF-8"):
        load_policy(path)


def test_missing_file_is_a_policy_error(tmp_path):
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ("a", True), ("not a", False), ("a and b", False), ("a or b", True), ("b or b or a", True),
        ("a or b and b", True), ("(a or b) and b", False), ("not b and a", True), ("not (a and not b)", False),
        ("NOT b AND a", True),
    ],
)  # fmt: skip
def test_expressions(source, holds):
    assert expression.parse(source)(lambda name: name == "a") is holds


def test_deep_expression_is_refused():
    with pytest.raises(expression.ExpressionError, match="nested"):
        expression.parse("(" * 5000 + "a" + ")" * 5000)
    with pytest.raises(expression.ExpressionError, match="nested"):
        expression.parse("not " * 5000 + "a")


def test_reference_is_current_and_every_key_has_a_text():
    assert (ROOT / "docs/policy.md").read_text("utf-8") == reference.reference(), "script/docs writes docs/policy.md"
    texts = {**TOP_KEYS, **OPTION_KEYS, **RULE_KEYS, **{key: entry.text for key, entry in CONDITIONS.items()}}
    for key, said in texts.items():
        assert len(said.split()) >= 5, key


def test_the_examples_that_are_switched_off_load_too(tmp_path):
    shipped, _, examples = SHIPPED.read_text("utf-8").partition("# --- More that rules can do")
    lines = [line[2:] for line in examples.splitlines() if re.match(r"# (\[|\w+ = )", line)]
    source = (shipped + "\n".join(lines)).replace('"ldap:partners.toml"', '"x.example"')
    assert len(load(tmp_path, source, ["example.com"]).rules) == len(load_policy(SHIPPED, ["example.com"]).rules) + 4


def test_the_rules_of_the_reference_load(tmp_path):
    example = reference.reference().partition("## Rules")[2].partition("```toml\n")[2].partition("```")[0]
    names = ("clear-tag", "project-name", "from-the-board", "ssn", "large")
    tests = "".join(f'[tests.{name}]\nwords = "{name}"\n' for name in names)
    policy = load(tmp_path, tests + example, ["example.com"])
    assert len(policy.rules) == 5
    assert {name for rule in policy.rules for name in rule.names} == set(names) - {"from-the-board"}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_every_example_in_the_reference_loads(tmp_path, condition):
    (tmp_path / "lawyers.txt").write_text("# ours\nlaw.example\n")
    others = '[tests.identifier]\ndetector = "us-ssn"\n[tests.health]\nlexicon = "health-terms"\n'
    policy = load(tmp_path, f"[tests.a]\n{condition.key} = {condition.example}\n{others}")
    assert policy.tests["a"].key == condition.key
