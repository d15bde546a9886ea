"""The sums as text of a terminal's width."""

from collections.abc import Iterable
from datetime import timedelta

from sealgate_milter.reports.lines import ACTIONS, WORDS
from sealgate_milter.reports.tally import Tally, strongest_first
from sealgate_milter.wording import counted

BAR = 30
TOP = 15
"""Rules and tests that are shown."""
_EIGHTHS = "▏▎▍▌▋▊▉█"
_LEVELS = " ▁▂▃▄▅▆▇█"


def as_text(sums: Tally) -> str:
    """Return the whole report; `sums` may be empty."""
    if not sums.messages and not sums.refused:
        return "No message was judged in this time."
    blocks = [heading(sums), *_numbers(sums), *_trend(sums)]
    rules = [(rule, WORDS[action], count) for (rule, action), count in sums.rules.most_common(TOP)]
    blocks.append(_table("Rules that decided", rules))
    blocks.append(_table("Tests that fired, in messages", [(name, "", n) for name, n in sums.tests.most_common(TOP)]))
    refused = [(cause, reply, count) for (reply, cause), count in sums.refused.most_common(TOP)]
    blocks.append(_table("Refused or put off as a whole", refused))
    return "\n\n".join(block for block in blocks if block)


def heading(sums: Tally) -> str:
    """Return the sentence above everything: how many messages, when, and whether anything was done to them."""
    said = f"{counted(sums.messages, 'message')} judged{span(sums)}"
    if sums.observed == sums.messages and sums.messages:
        return said + ", all in observe mode: nothing was changed, this is what the policy would have done"
    return said + (f", {sums.observed:,} of them in observe mode" if sums.observed else "")


def span(sums: Tally) -> str:
    """Return from when to when the log goes, `""` when it does not say."""
    if sums.first is None or sums.last is None:
        return ""
    return f" from {sums.first:%-d %b %Y %H:%M} to {sums.last:%-d %b %Y %H:%M}"


def speed(sums: Tally) -> str:
    """Return how large messages were and how long they took, `""` when nothing was judged."""
    median, slow = sums.percentile(0.5), sums.percentile(0.99)
    if median is None or slow is None:
        return ""
    size = sums.octets / sums.messages / 1000
    return f"{size:,.1f} KB each on average; judged in {median:,.1f} ms (median), 99 of 100 within {slow:,.1f} ms"


def step_name(sums: Tally) -> str:
    """Return what one column of the trend stands for."""
    columns = sums.trend()
    step = columns[1].start - columns[0].start if len(columns) > 1 else timedelta(hours=1)
    return {1: "hour", 24: "day"}.get(round(step / timedelta(hours=1)), "week")


def _numbers(sums: Tally) -> Iterable[str]:
    if sums.messages:
        rows = [(WORDS[name], f"{n / sums.messages:6.1%}", n) for name, n in strongest_first(sums.actions)]
        yield _table("", rows)
    notes = [speed(sums)] if sums.messages else []
    if sums.unreadable:
        notes.append(f"{sums.unreadable:,} had a part that could not be read")
    if sums.requeued:
        notes.append(f"{sums.requeued:,} came by again with their tag")
    if any(notes):
        yield "\n".join("  " + note for note in notes if note)


def _trend(sums: Tally) -> Iterable[str]:
    columns = sums.trend()
    if len(columns) < 2:
        return
    first, last = columns[0].start, sums.last or columns[-1].start
    lines = [f"Trend, one column per {step_name(sums)}, {first:%-d %b %H:%M} to {last:%-d %b %H:%M}"]
    wide = max(len(WORDS[name]) for column in columns for name in column.actions)
    for name in ACTIONS:
        counts = [column.actions[name] for column in columns]
        top = max(counts)
        if top:
            levels = "".join(_LEVELS[-(-count * 8 // top)] for count in counts)
            lines.append(f"  {WORDS[name]:{wide}}  {levels}  at most {top:,}")
    yield "\n".join(lines)


def _table(title: str, rows: list[tuple[str, str, int]]) -> str:
    """Return rows of name, remark and count with a bar each, `""` without rows."""
    if not rows:
        return ""
    width = min(max(len(name) for name, _, _ in rows), 44)
    remark = max(len(second) for _, second, _ in rows)
    top = max(count for _, _, count in rows)
    lines = [f"  {n[:width]:{width}}  {r:{remark}}  {c:9,}  {bar(c, top)}".rstrip() for n, r, c in rows]
    return "\n".join([title, *lines] if title else lines)


def bar(count: int, top: int) -> str:
    """Return a bar for `count` where `top` has the full length."""
    eighths = -(-count * BAR * 8 // max(top, 1))
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")
