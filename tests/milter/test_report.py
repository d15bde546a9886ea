"""`sealgate-gateway report`: the log's lines, their sums, and how both are shown."""

import gzip
import re
from datetime import datetime
from html.parser import HTMLParser

import pytest

from sealgate_milter.gateway import main
from sealgate_milter.reports.lines import moment, read
from sealgate_milter.reports.page import _round_up, as_page
from sealgate_milter.reports.tally import tally
from sealgate_milter.reports.terminal import as_text, bar

NOW = datetime(2026, 11, 23, 12, 0)
SECURE = (
    "sealgate.milter[7]: queue_id=4X stamp=1b4e verdict=clear:1,secure:2 rule=PHI mail tests=health,ssn unreadable=1 "
    "size=5120 ms=1.4"
)
CLEAR = "sealgate.milter[7]: queue_id=4Y stamp=- verdict=clear:1 rule=- tests=- unreadable=0 size=880 ms=0.6"
REFUSED = "sealgate.milter[7]: queue_id=4Z refused=550/5.7.1 cause=sender domain is not ours"


INTERNAL, NOTICE = (CLEAR + f" kind={kind} told=0 copies=0" for kind in ("internal", "notice"))


def judged(*lines: str):
    return list(read(lines, NOW))


def test_a_line_is_taken_apart():
    one = judged("2026-11-23T10:00:00 gw sealgate-milter[7]: " + SECURE + "\n")[0]
    assert (one.when, one.word, one.action, one.rule) == (datetime(2026, 11, 23, 10), "verdict", "secure", "PHI mail")
    assert (one.tests, one.unreadable, one.size, one.milliseconds) == (("health", "ssn"), 1, 5120, 1.4)
    assert judged(REFUSED)[0].cause == "sender domain is not ours"
    assert judged("postfix/smtp[3]: 4X: to=<a@b>", "sealgate.milter[7]: queue_id=4X", "") == []
    assert judged(CLEAR.replace("clear:1", "kept:2"))[0].action == "secure"
    assert judged(CLEAR.replace("clear:1", "hold:1,reject:1"))[0].action == "reject"
    assert judged(CLEAR.replace("ms=0.6", "ms=x").replace("size=880", "size=²"))[0].milliseconds is None


@pytest.mark.parametrize(
    ("prefix", "when"),
    [
        ("2026-11-23 10:00:01.5 ", datetime(2026, 11, 23, 10, 0, 1, 500000)),
        ("Nov 23 10:00:01 gw x[1]: ", datetime(2026, 11, 23, 10, 0, 1)),
        ("Dec  1 10:00:01 gw x[1]: ", datetime(2025, 12, 1, 10, 0, 1)),
        ("Nov 24 10:00:01 gw x[1]: ", datetime(2026, 11, 24, 10, 0, 1)),
        ("Nov 31 10:00:01 gw ", None),
        ("Xyz 31 10:00:01 gw ", None),
        ("2026-13-01T00:00:00 ", None),
        ("", None),
    ],
)
def test_the_time_is_what_the_line_begins_with(prefix, when):
    assert moment(prefix, NOW) == when


def test_sums_and_trend():
    days = [f"2026-11-{day:02}T09:00:00 {line}" for day in range(1, 21) for line in (SECURE, CLEAR, CLEAR)]
    sums = tally(judged(*days, REFUSED), since=datetime(2026, 11, 11))
    assert (sums.messages, sums.actions["secure"], sums.unreadable) == (30, 10, 10)
    assert sums.rules == {("PHI mail", "secure"): 10}
    assert sums.refused == {("550/5.7.1", "sender domain is not ours"): 1}
    assert [sum(column.actions.values()) for column in sums.trend()] == [3] * 10
    assert (sums.percentile(0.5), sums.percentile(0.99)) == (0.6, 1.4)
    far = tally(judged(f"2016-01-01T00:00:00 {CLEAR}", f"2026-01-01T00:00:00 {CLEAR}"))
    assert sum(sum(column.actions.values()) for column in far.trend()) == 2
    assert tally([]).percentile(0.5) is None


def test_what_stays_with_us_did_not_leave_in_clear():
    sums = tally(judged(CLEAR, CLEAR + " kind=outside", INTERNAL, NOTICE, SECURE + " kind=internal"))
    assert sums.actions == {"clear": 2, "internal": 1, "notice": 1, "secure": 1}
    for shown in (as_text(sums), as_page(sums)):
        assert "to our own people" in shown
        assert "our notices" in shown


def test_a_granted_wish_is_a_rule_that_decided():
    granted = CLEAR.replace("rule=-", "rule=wish for clear text")
    assert re.search(r"wish for clear text +left in clear +1", as_text(tally(judged(granted))))


def test_terminal_shows_rules_tests_and_bars():
    shown = as_text(tally(judged(*[f"2026-11-{day:02}T09:00:00 {SECURE}" for day in (1, 2, 4)], REFUSED, CLEAR)))
    assert "4 messages judged from 1 Nov 2026 09:00 to 4 Nov 2026 09:00" in shown
    refused = r"sender domain is not ours +550/5.7.1 +1"
    for expected in (r"PHI mail +left securely +3", r"ssn +3", refused, r"left securely +██ █ "):
        assert re.search(expected, shown), shown
    assert (bar(1, 1000), bar(1000, 1000), bar(0, 0)) == ("▏", "█" * 30, "")
    assert "observe mode: nothing was changed" in as_text(tally(judged(CLEAR.replace("verdict=", "observed="))))
    assert "No message" in as_text(tally([]))


class _Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_startendtag(self, tag, attributes):
        assert tag in ("line", "rect")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page_is_whole_by_itself_and_strangers_words_are_escaped():
    hostile = SECURE.replace("PHI mail", "<script>alert(1)</script>")
    page = as_page(tally(judged(*[f"2026-11-{day:02}T09:00:00 {hostile}" for day in (1, 9)], REFUSED)))
    parser = _Balanced()
    parser.feed(page)
    assert (parser.open, parser.links) == ([], [])
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "Messages per day" in page
    assert "$" not in page
    assert as_page(tally([]))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 11, 99, 101, 449, 1001, 12345, 987654])
def test_the_scale_fits_the_data(count):
    top = _round_up(count)
    assert count <= top <= max(count * 1.2, count + 2)
    assert top % 2 == 0


def test_the_newest_day_is_dated_and_ends_the_range():
    lines = [f"2026-{month:02}-{day:02}T09:00:00 {CLEAR}" for month in range(1, 9) for day in (1, 11, 21)]
    sums = tally(judged(*lines))
    assert "per week, 1 Jan 00:00 to 21 Aug 09:00" in as_text(sums)
    dates = re.search(r'<div class="dates">(.*?)</div>', as_page(sums))[1]
    newest = f"{sums.trend()[-1].start:%-d %b}"
    assert dates.startswith(f'<span style="right:0.00%">{newest}</span>')
    assert dates.count("<span") <= 8


def test_the_plot_is_as_wide_as_the_screen():
    page = as_page(tally(judged(*[f"2026-11-{day:02}T09:00:00 {CLEAR}" for day in range(1, 24)])))
    svg = re.search(r"<svg.*?</svg>", page)[0]
    assert 'preserveAspectRatio="none"' in svg
    assert "<text" not in svg  # it would be stretched as well
    assert "overflow-x" not in page
    last = re.findall(r'<rect class="clear" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)[-1]
    assert 950 < sum(map(float, last)) <= 1000


def test_one_message_is_one_message():
    assert "1 message judged" in as_text(tally(judged(CLEAR)))


def test_command_reads_files_and_standard_input(tmp_path, capsys, monkeypatch):
    (tmp_path / "mail.log").write_text(SECURE + "\n")
    with gzip.open(tmp_path / "mail.log.1.gz", "wt") as file:
        file.write(CLEAR + "\n")
    assert main(["report", str(tmp_path / "mail.log"), str(tmp_path / "mail.log.1.gz")]) == 0
    assert "2 messages judged" in capsys.readouterr().out
    (tmp_path / "other.log").write_text("postfix/smtp[3]: 4X: to=<a@b>\n")
    for more in ([], ["--html", str(tmp_path / "none.html")]):
        assert main(["report", *more, str(tmp_path / "other.log")]) == 1
        assert "other.log: no line of sealgate-milter is in it" in capsys.readouterr().err
    assert not (tmp_path / "none.html").exists()
    (tmp_path / "old.log").write_text(f"2020-01-01T09:00:00 {SECURE}\n")
    assert main(["report", "--since", "7d", str(tmp_path / "old.log")]) == 0
    assert "No message was judged in this time" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", [CLEAR])
    assert main(["report", "--since", "7d", "--html", str(tmp_path / "r.html"), "-"]) == 0
    assert "1</dd>" in (tmp_path / "r.html").read_text()
    assert main(["report", "--since", "noon", "-"]) == 1
    assert "is no time" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["report"]) == 1
    assert "no journalctl" in capsys.readouterr().err
