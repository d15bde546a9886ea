"""The reference of the policy file: in an order that one finds things in."""

import re

from sealgate_milter import reference
from sealgate_milter.conditions import CONDITIONS, REASONS
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.rules import RULE_KEYS

PAGE = reference.reference()


def test_the_contents_lead_to_every_heading_once():
    titles = re.findall(r"(?m)^##+ (.+)$", PAGE)
    links = re.findall(r"\[(.+?)\]\(#([\w-]+)\)", PAGE.partition("\n## ")[0])
    assert [title for title, _ in links] == titles
    places = [place for _, place in links]
    assert len(set(places)) == len(places)
    assert {"tests", "tests-1", "hours", "hours-1", *RULE_KEYS} <= set(places)


def test_reasons_stand_beside_their_condition_and_detectors_last():
    sections = dict(re.findall(r"(?ms)^### (\w+)\n(.*?)(?=^##)", PAGE))
    assert all(f"- `{reason}`:" in sections["unreadable"] for reason in REASONS)
    first = PAGE.index("## Detectors")
    assert all(PAGE.index(f"\n### {name}\n") > first for name in DETECTORS)
    assert all(PAGE.index(f"\n### {name}\n") < first for name in CONDITIONS)


def test_it_says_when_a_change_is_in_force():
    assert "in force after\n`systemctl reload sealgate-milter`" in PAGE
