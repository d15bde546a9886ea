"""The sums as one HTML page that needs nothing else: style and plots are in it, and no script."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

from sealgate_milter.reports.lines import ACTIONS, WORDS
from sealgate_milter.reports.tally import Column, Tally, strongest_first
from sealgate_milter.reports.terminal import heading, speed, step_name
from sealgate_milter.wording import counted

TOP = 50
WIDTH, HEIGHT = 1000, 200
"""The plot in its own units. It is stretched to whatever room there is; words and figures stand beside it."""
DATES = 8
"""Dates that are written below the plot."""


def as_page(sums: Tally) -> str:
    """Return the page; `sums` may be empty."""
    template = Template(Path(__file__).with_name("page.html").read_text("utf-8"))
    observed = sums.observed and sums.observed == sums.messages
    said = "Observe mode: nothing was changed. This is what the policy would have done."
    return template.substitute(
        heading=escape(heading(sums).partition(", all in observe")[0]),
        notice=f'<p class="notice">{said}</p>' if observed else "",
        numbers="\n".join(_numbers(sums)),
        notes=escape(". ".join(note for note in _notes(sums) if note) or "Nothing was judged"),
        trend=_trend(sums),
        tables="\n".join(_tables(sums)),
    )


def _numbers(sums: Tally) -> Iterable[str]:
    yield f"<div><dt>messages</dt><dd>{sums.messages:,}</dd></div>"
    for name, count in strongest_first(sums.actions):
        share = f"{count / sums.messages:.1%}"
        yield f'<div class="{name}"><dt>{WORDS[name]}</dt><dd>{count:,} <small>{share}</small></dd></div>'


def _notes(sums: Tally) -> Iterable[str]:
    yield speed(sums)
    yield f"{counted(sums.unreadable, 'message')} had a part that could not be read" if sums.unreadable else ""
    yield f"{sums.requeued:,} came by again with their tag" if sums.requeued else ""


def _trend(sums: Tally) -> str:
    columns = sums.trend()
    if len(columns) < 2:
        return ""
    key = "".join(f'<li><i class="{name}"></i>{WORDS[name]}</li>' for name, _ in strongest_first(sums.actions))
    return (
        f'<h2>Messages per {step_name(sums)}</h2>{_plot(columns)}<ul class="key">{key}</ul>'
    )


def _plot(columns: list[Column]) -> str:
    """Return stacked columns as SVG, with a scale and dates as text; the title of each column says its figures."""
    top = _round_up(max(sum(column.actions.values()) for column in columns))
    wide = WIDTH / len(columns)
    pattern = "%-d %b %H:%M" if (columns[1].start - columns[0].start).days < 1 else "%-d %b"
    shapes = [f'<line class="grid" x1="0" x2="{WIDTH}" y1="{y}" y2="{y}"/>' for y in (0, HEIGHT // 2, HEIGHT)]
    for index, column in enumerate(columns):
        shapes += _stack(column, index * wide, wide, HEIGHT / top, HEIGHT, column.start.strftime(pattern))
    scale = "".join(f"<span>{_figure(top * share)}</span>" for share in (1, 0.5, 0))
    # Counted from the newest, which is what one looks for; the narrower the screen, the fewer are shown.
    every = -(-len(columns) // DATES)
    below = "".join(
        f'<span style="right:{100 * place / len(columns):.2f}%">{columns[-1 - place].start.strftime(pattern)}</span>'
        for place in range(0, len(columns), every)
    )
    return (
        f'<div class="plot"><div class="scale">{scale}</div>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Messages over time">'
        f'{"".join(shapes)}</svg><div class="dates">{below}</div></div>'
    )


def _stack(column: Column, left: float, wide: float, unit: float, base: float, date: str) -> Iterable[str]:
    # The strongest stand at the foot, where the eye can compare them.
    said = ", ".join(f"{count:,} {WORDS[name]}" for name, count in strongest_first(column.actions)) or "no message"
    yield f"<g><title>{date}: {said}</title>"
    for name in ACTIONS:
        tall = column.actions[name] * unit
        base -= tall
        if tall:
            yield f'<rect class="{name}" x="{left:.1f}" y="{base:.1f}" width="{wide * 0.86:.1f}" height="{tall:.1f}"/>'
    yield "</g>"


def _round_up(count: int) -> int:
    """Return an even number a little above `count`, of two leading digits, so that the middle of the scale is short."""
    step = 2 * int("1" + "0" * (len(str(count)) - 2))
    return max(-(-count // step) * step, 2)


def _figure(value: float) -> str:
    return f"{value:,.0f}"


def _tables(sums: Tally) -> Iterable[str]:
    rules = [((rule, WORDS[action]), count, action) for (rule, action), count in sums.rules.most_common(TOP)]
    yield _table("Rules that decided", ("rule", "outcome"), rules)
    tests = [((name,), count, "secure") for name, count in sums.tests.most_common(TOP)]
    yield _table("Tests that fired", ("test",), tests)
    refused = [((cause, reply), count, "reject") for (reply, cause), count in sums.refused.most_common(TOP)]
    yield _table("Refused or put off as a whole", ("why", "reply"), refused)


def _table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[tuple[str, ...], int, str]]) -> str:
    if not rows:
        return ""
    top = max(count for _, count, _ in rows)
    head = "".join(f"<th>{name}</th>" for name in heads)
    lines = []
    for cells, count, action in rows:
        shown = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        bar = f'<td class="bar"><i class="{action}" style="width:{count / top:.1%}"></i></td>'
        lines.append(f'<tr>{shown}<td class="n">{count:,}</td>{bar}</tr>')
    body = "\n".join(lines)
    return f'<h2>{title}</h2>\n<table><tr>{head}<th class="n">messages</th><th></th></tr>\n{body}</table>'
