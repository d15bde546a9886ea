"""The reference of the policy file, made from the declarations."""

import re
from collections import Counter

from sealgate_milter.conditions import CONDITIONS, REASONS, Condition
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.policy import OPTION_KEYS, TOP_KEYS
from sealgate_milter.rules import RULE_KEYS

_HEAD = """# The policy file

Generated from the declarations by `script/docs`; do not edit. The file that comes with Sealgate,
`milter/sealgate_milter/policy.toml`, is a tutorial: start from it. `sealgate-gateway policy check` tells what is wrong
with a file, `sealgate-gateway explain MESSAGE.eml` what it does to a message.

For each recipient outside, the first rule that holds decides (`match` says otherwise); whom no rule catches gets the
message in the clear.
Recipients in our own domains always stay clear.

Files that it names (`file:PATH`, lexicons) are read with it, so a change to one is in force after
`systemctl reload sealgate-milter`, as one to the policy is. What needs no reload: groups of a directory (`ldap:`),
registered documents and rows.
"""

_RULES = """The rules are read from the top, for each recipient outside by itself, until one decides. In this example a
sender who writes `[clear]` into the subject gets clear text, but not for a social security number, and is told so; mail
about the project waits for an administrator during office hours, and goes securely when it is released:

```toml
[[rules]]
name = "sender-asks-for-clear"
when = "clear-tag"
then = "clear"

[[rules]]
name = "project"
when = "project-name"
unless = "from-the-board"
hours = "Mon-Fri 08:00-18:00"
then = "hold"
veto = true

[[rules]]
name = "project-secure"
when = "project-name"
then = ["secure", "notify-sender"]
bcc = ["archive@example.com"]
veto = true

[[rules]]
name = "personal-number"
when = "ssn"
then = "secure"
veto = "notify-sender"

[[rules]]
name = "large-to-the-printer"
when = "large"
to = ["printer.example"]
then = "secure"
```
"""


def reference() -> str:
    """Return the reference as Markdown."""
    blocks = ["## At the top\n"]
    blocks += [f"### {key}\n\n{text}\n" for key, text in TOP_KEYS.items()]
    blocks.append("## Tests\n\nEach table `[tests.NAME]` has exactly one condition:\n")
    blocks += [_condition(condition) for condition in CONDITIONS.values()]
    blocks.append("and, where they make sense:\n")
    blocks += [f"### {key}\n\n{text}\n" for key, text in OPTION_KEYS.items()]
    blocks.append(f"## Rules\n\n{_RULES}\nEach table `[[rules]]` has:\n")
    blocks += [f"### {key}\n\n{text}\n" for key, text in RULE_KEYS.items()]
    blocks.append("## Detectors\n\nWhen one counts, and how to add one: [detectors.md](detectors.md).\n")
    blocks += [f"### {d.name}\n\n{d.sentence}\n\nExample: `{d.example}`\n" for d in DETECTORS.values()]
    text = "\n".join(blocks)
    return f"{_HEAD}\n{_contents(text)}\n{text}"


def _condition(condition: Condition) -> str:
    said = f"### {condition.key}\n\n{condition.text}\n\n```toml\n{condition.key} = {condition.example}\n```\n"
    if condition.key == "unreadable":
        said += "\nThe reasons:\n\n" + "".join(f"- `{reason}`: {text}\n" for reason, text in REASONS.items())
    return said


def _contents(text: str) -> str:
    """Return a table of contents: a line for each section of `text` with links to all that it declares."""
    lines: list[str] = []
    seen: Counter[str] = Counter()
    for level, title in re.findall(r"(?m)^(##|###) (.+)$", text):
        # A second heading of the same name gets a number: so GitHub and others make the places that links lead to.
        place = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        link = f"[{title}](#{place}{f'-{seen[place]}' if seen[place] else ''})"
        seen[place] += 1
        if level == "##":
            lines.append(f"- **{link}**:")
        else:
            lines[-1] += f" {link}"
    return "\n".join(lines) + "\n"
