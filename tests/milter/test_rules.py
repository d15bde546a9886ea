"""Which rule decides, for whom, when, and what it brings about besides."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate_milter import message as messages
from sealgate_milter.classify import classify
from sealgate_milter.policy import PolicyError, load_policy
from sealgate_milter.rules import RULE_KEYS, Rule, build, decide
from sealgate_milter.verdict import Action, Effect

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TESTS = """
[tests.a]
words = ["alpha"]
[tests.b]
words = ["beta"]
[tests.c]
words = ["gamma"]
[tests.wish]
subject = "[clear]"
"""
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


def load(tmp_path, *rules, top=""):
    """Return a policy of rules written as `name | when | then | more lines`."""
    lines = [top, TESTS]
    for rule in rules:
        name, when, then, *more = (part.strip() for part in rule.split("|"))
        then = then if then.startswith("[") else f'"{then}"'
        lines += ["[[rules]]", f'name = "{name}"', f'when = "{when}"', f"then = {then}", *more]
    path = tmp_path / "policy.toml"
    path.write_text("\n".join(lines))
    return load_policy(path, ["corp.test"])


def judge(policy, text, *recipients, subject="x", now=MONDAY, **known):
    recipients = recipients or ("u@ext.test",)
    content = f"Subject: {subject}\r\nMessage-ID: <1@corp.test>\r\n\r\n{text}\r\n".encode()
    message = messages.from_bytes(content, "jane@corp.test", recipients)
    return classify(message, policy, lambda _: False, now=now, **known)


def outcome(verdict, recipient="u@ext.test"):
    decision = verdict.recipients[recipient]
    return decision.action.value, decision.rule


@pytest.mark.parametrize(
    ("match", "text", "expected"),
    [
        ("first", "alpha beta gamma", ("clear", "one")),
        ("first", "beta gamma", ("secure", "two")),
        ("first", "gamma", ("hold", "three")),
        ("first", "delta", ("clear", None)),
        ("strongest", "alpha beta gamma", ("hold", "three")),
        ("strongest", "alpha beta", ("secure", "two")),
        ("strongest", "alpha", ("clear", "one")),
        ("strongest", "delta", ("clear", None)),
    ],
)
def test_first_match_and_strongest(tmp_path, match, text, expected):
    rules = ("one | a | clear", "two | b | secure", "three | c | hold", "four | c | secure")
    assert outcome(judge(load(tmp_path, *rules, top=f'match = "{match}"'), text)) == expected


def test_of_two_equally_strong_rules_the_first_decides(tmp_path):
    policy = load(tmp_path, "one | a | secure", "two | a | secure", top='match = "strongest"')
    assert outcome(judge(policy, "alpha")) == ("secure", "one")


def test_unless_ends_a_rule_for_this_message(tmp_path):
    policy = load(tmp_path, 'one | a | secure | unless = "b and not c"')
    assert [outcome(judge(policy, text))[0] for text in ("alpha", "alpha beta", "alpha beta gamma")] == [
        "secure", "clear", "secure",
    ]  # fmt: skip


def test_a_rule_is_about_the_recipients_it_names(tmp_path):
    policy = load(tmp_path, 'one | a | hold | to = ["rival.test", ".press.test", "boss@ext.test"]', "two | a | secure")
    verdict = judge(policy, "alpha", "x@rival.test", "y@a.press.test", "boss@ext.test", "u@ext.test", "i@corp.test")
    assert [decision.action.value for decision in verdict.recipients.values()] == [
        "hold", "hold", "hold", "secure", "clear",
    ]  # fmt: skip


def test_a_rule_is_in_force_in_its_hours(tmp_path):
    policy = load(tmp_path, 'one | a | hold | hours = "Mon-Fri 08:00-18:00 UTC"')
    assert outcome(judge(policy, "alpha"))[0] == "hold"
    assert outcome(judge(policy, "alpha", now=MONDAY.replace(hour=19)))[0] == "clear"


def test_hours_as_a_test_in_an_expression(tmp_path):
    (tmp_path / "p.toml").write_text(
        '[tests.office]\nhours = "Mon-Fri 08:00-18:00 UTC"\n'
        '[[rules]]\nname = "r"\nwhen = "not office"\nthen = "secure"\n'
    )
    policy = load_policy(tmp_path / "p.toml", ["corp.test"])
    assert outcome(judge(policy, "x"))[0] == "clear"
    assert outcome(judge(policy, "x", now=MONDAY.replace(hour=3)))[0] == "secure"


def test_the_sender_of_held_mail_is_always_told_and_once(tmp_path):
    told = (Effect("one", tell_sender=True),)
    assert judge(load(tmp_path, "one | a | hold"), "alpha").recipients["u@ext.test"].effects == told
    policy = load(tmp_path, "wish | wish | clear", 'one | a | ["hold", "notify-sender"] | veto = "notify-sender"')
    assert judge(policy, "alpha", subject="[clear]").recipients["u@ext.test"].effects == told


WISH = ("wish | wish | clear", 'hard | a | secure | veto = "notify-sender"', "soft | b | secure")


@pytest.mark.parametrize("match", ["first", "strongest"])
def test_a_wish_for_clear_text_ends_at_a_veto(tmp_path, match):
    policy = load(tmp_path, *WISH, top=f'match = "{match}"')
    verdict = judge(policy, "alpha beta", subject="[clear] x")
    assert outcome(verdict) == ("secure", "hard")
    decision = verdict.recipients["u@ext.test"]
    assert decision.vetoed == "wish"
    assert decision.effects == (Effect("hard", tell_sender=True),)
    # The wish was heard, so its tag goes even though it was not granted.
    assert verdict.subjects == {1: b" x"}


def test_a_wish_without_veto_is_granted_and_nobody_is_told(tmp_path):
    verdict = judge(load(tmp_path, *WISH), "beta", subject="[clear] x")
    assert outcome(verdict) == ("clear", "wish")
    assert verdict.recipients["u@ext.test"].effects == ()
    assert judge(load(tmp_path, *WISH), "alpha").recipients["u@ext.test"].effects == ()


@pytest.mark.parametrize("match", ["first", "strongest"])
@pytest.mark.parametrize(("text", "released"), [("alpha", "clear"), ("alpha beta", "secure"), ("alpha gamma", "clear")])
def test_a_held_copy_goes_on_as_the_other_rules_say(tmp_path, match, text, released):
    policy = load(tmp_path, "one | a | hold", "two | b | secure", "three | c | reject", top=f'match = "{match}"')
    decision = judge(policy, text).recipients["u@ext.test"]
    if match == "first" or "gamma" not in text:
        assert (decision.action, decision.released.value) == (Action.HOLD, released)
        assert decision.route.value == released
    else:
        assert decision.route is Action.REJECT


def test_rules_that_decide_nothing_are_passed_with_their_effect(tmp_path):
    policy = load(
        tmp_path,
        "watch | a | notify-sender | notify = \"security@corp.test\"",
        'copy | b | bcc | bcc = ["archive@corp.test", "w@ext.test"]',
        'last | a or b | ["secure", "notify-sender"]',
    )
    verdict = judge(policy, "alpha beta")
    assert outcome(verdict) == ("secure", "last")
    assert verdict.recipients["u@ext.test"].effects == (
        Effect("watch", tell_sender=True, tell=("security@corp.test",)),
        Effect("copy", bcc=("archive@corp.test", "w@ext.test")),
        Effect("last", tell_sender=True),
    )
    assert {who: decision.action.value for who, decision in verdict.copies.items()} == {
        "archive@corp.test": "clear", "w@ext.test": "secure",
    }  # fmt: skip
    assert outcome(judge(policy, "beta gamma")) == ("secure", "last")


def test_a_copy_for_somebody_outside_is_judged_as_any_recipient(tmp_path):
    policy = load(tmp_path, 'one | a | bcc | bcc = "w@ext.test"', "two | a | secure | to = \"w@ext.test\"")
    verdict = judge(policy, "alpha")
    assert outcome(verdict) == ("clear", None)
    assert verdict.copies["w@ext.test"].action is Action.SECURE
    policy = load(tmp_path, 'one | a | bcc | bcc = "w@ext.test"', "two | a | secure | to = \"u@ext.test\"")
    assert judge(policy, "alpha").copies["w@ext.test"].action is Action.SECURE
    assert judge(policy, "alpha", "v@ext.test").copies["w@ext.test"].action is Action.CLEAR
    policy = load(tmp_path, 'one | a | ["secure", "bcc"] | bcc = "w@ext.test" | to = "u@ext.test"', "two | a | hold")
    held = judge(policy, "alpha").copies["w@ext.test"]
    assert (held.action, held.route) == (Action.HOLD, Action.SECURE)


def test_first_time_recipient_asks_who_wrote_before(tmp_path):
    (tmp_path / "p.toml").write_text(
        '[tests.new]\nfirst_time_recipient = true\n[tests.newer]\nfirst_time_recipient = "organisation"\n'
        '[[rules]]\nname = "r"\nwhen = "newer"\nthen = "hold"\n[[rules]]\nname = "s"\nwhen = "new"\nthen = "secure"\n'
    )
    policy = load_policy(tmp_path / "p.toml", ["corp.test"])
    asked = []

    def known(message, recipient, anyone):
        asked.append((message.sender, recipient, anyone))
        return anyone

    assert outcome(judge(policy, "x", known_recipient=known)) == ("secure", "s")
    assert asked == [("jane@corp.test", "u@ext.test", True), ("jane@corp.test", "u@ext.test", False)]


def test_every_subject_loses_the_tag(tmp_path):
    policy = load(tmp_path, "wish | wish | secure")
    content = b"Subject: [clear] a\r\nTo: x\r\nsubject: =?utf-8?q?b_[clear]?=\r\nSubject: c\r\n\r\n"
    verdict = classify(messages.from_bytes(content, "a@corp.test", ("u@ext.test",)), policy, lambda _: False)
    assert verdict.subjects == {1: b" a", 2: b" =?utf-8?B?Yg==?="}


STRENGTH = (Action.CLEAR, Action.SECURE, Action.HOLD, Action.REJECT)
rules = st.builds(
    lambda then, veto, number: Rule(str(number), None, None, then, veto=veto and then not in (None, Action.CLEAR)),
    st.sampled_from((None, *STRENGTH)), st.booleans(), st.integers(0, 10**6),
)  # fmt: skip


@calmly
@given(st.lists(st.tuples(rules, st.booleans()), max_size=8))
def test_whatever_the_rules_are_no_veto_is_passed_over(drawn):
    ordered = [rule for rule, _ in drawn]
    answers = {id(rule): answer for rule, answer in drawn}
    held = [rule for rule, answer in drawn if answer]
    deciding = [rule for rule in held if rule.then]
    first, strongest = (decide(ordered, match, lambda rule: answers[id(rule)]) for match in ("first", "strongest"))
    assert STRENGTH.index(strongest.action) == max((STRENGTH.index(rule.then) for rule in deciding), default=0)
    for decision in (first, strongest):
        assert not (any(rule.veto for rule in held) and decision.action is Action.CLEAR)
        assert decision.released in (Action.CLEAR, Action.SECURE)
        assert decision.rule is None or any(rule.name == decision.rule for rule in deciding)
    if deciding and (deciding[0].then is not Action.CLEAR or not any(rule.veto for rule in held)):
        assert (first.action, first.rule) == (deciding[0].then, deciding[0].name)


RULE = '[tests.a]\nwords = "x"\n[[rules]]\nname = "r"\n'


@pytest.mark.parametrize(
    ("more", "line", "said"),
    [
        ('then = "secure"\n[[rules]]\nname = "r"\nthen = "hold"', 7, "there is a rule 'r' above"),
        ('then = ["secure", "hold"]', 5, "only one of secure, hold"),
        ('then = ["secure", "email"]', 5, "must be one or a list of"),
        ("then = []", 5, "wants `then`"),
        ('then = "bcc"', 5, "names nobody"),
        ('then = "secure"\nbcc = ["archive"]', 6, "whole addresses"),
        ('then = "secure"\nbcc = "a b@corp.test"', 6, "whole addresses"),
        ('then = "secure"\nbcc = "u%x.test@corp.test"', 6, "whole addresses"),
        ('then = "secure"\nbcc = "sender"', 6, "whole addresses"),
        ('then = "secure"\nnotify = ["sender", "soc@else.test"]', 6, "own domains"),
        ('then = "secure"\nnotify = 3', 6, "list of strings"),
        ('then = "clear"\nveto = true', 6, "makes no sense"),
        ('then = "notify-sender"\nveto = true', 6, "makes no sense"),
        ('then = "secure"\nveto = "yes"', 6, "veto must be"),
        ('then = "secure"\nto = 3', 6, "to wants"),
        ('then = "secure"\nhours = "late"', 6, "hours knows no day"),
        ('then = "secure"\nwhen = "b"', 6, "names the test 'b'"),
    ],
)
def test_mistakes_name_line_and_remedy(tmp_path, more, line, said):
    (tmp_path / "policy.toml").write_text(RULE + more)
    with pytest.raises(PolicyError) as raised:
        load_policy(tmp_path / "policy.toml", ["corp.test"])
    assert f":{line}: " in str(raised.value)
    assert said in str(raised.value)


def test_unknown_match_is_refused(tmp_path):
    with pytest.raises(PolicyError, match='match must be "first" or "strongest"'):
        load(tmp_path, "one | a | secure", top='match = "last"')


WORDS = ("secure", "bcc", "notify-sender", "sender", "a@corp.test", "x@y.test", "Mon", "a and", "a", "ldap:x", "")
odd = st.one_of(st.sampled_from(WORDS), st.integers(), st.booleans(), st.text(max_size=5))
values = st.one_of(odd, st.lists(odd, max_size=3), st.lists(st.lists(odd, max_size=1), max_size=1))


@calmly
@given(st.dictionaries(st.sampled_from([*RULE_KEYS]), values))
def test_whatever_a_rule_says_is_a_rule_or_a_mistake_with_a_sentence(table):
    told = []

    def fail(sentence, key):
        told.append(sentence)
        raise PolicyError(key)

    try:
        rule = build(table, ["a"], Path("/nonexistent"), frozenset({"corp.test"}), fail)
    except PolicyError as error:
        assert str(error) in RULE_KEYS
        assert len(told[0]) > 15
    else:
        assert rule.then or rule.effect
