"""The reference of the policy file, made from the declarations."""

from sealgate_milter.conditions import CONDITIONS, REASONS
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
    blocks = [_HEAD, "## At the top\n"]
    blocks += [f"### {key}\n\n{text}\n" for key, text in TOP_KEYS.items()]
    blocks.append("## Tests\n\nEach table `[tests.NAME]` has exactly one condition:\n")
    blocks += [f"### {c.key}\n\n{c.text}\n\n```toml\n{c.key} = {c.example}\n```\n" for c in CONDITIONS.values()]
    blocks.append("and, where they make sense:\n")
    blocks += [f"### {key}\n\n{text}\n" for key, text in OPTION_KEYS.items()]
    blocks.append(f"## Rules\n\n{_RULES}\nEach table `[[rules]]` has:\n")
    blocks += [f"### {key}\n\n{text}\n" for key, text in RULE_KEYS.items()]
    blocks.append("## Detectors\n")
    blocks += [f"### {d.name}\n\n{d.sentence}\n\nExample: `{d.example}`\n" for d in DETECTORS.values()]
    blocks.append("## Why a part is unreadable\n")
    blocks.append("\n".join(f"- `{reason}`: {text}" for reason, text in REASONS.items()) + "\n")
    return "\n".join(blocks)
