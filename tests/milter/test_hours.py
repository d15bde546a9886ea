"""Time windows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealgate_milter.hours import hours
from sealgate_milter.matching import ConditionError


def moment(text):
    """Return a moment of the week that begins on Monday, 23 November 2026, UTC."""
    day, clock = text.split()
    number = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(day)
    return datetime.fromisoformat(f"2026-11-{23 + number}T{clock}:00").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        ("Mon-Fri 08:00-18:00 UTC", ["Mon 08:00", "Fri 17:59"], ["Mon 07:59", "Mon 18:00", "Sat 12:00"]),
        ("Saturday, sun UTC", ["Sat 00:00", "Sun 23:59"], ["Fri 23:59", "Mon 00:00"]),
        ("Mon Wed UTC", ["Mon 01:00", "Wed 01:00"], ["Tue 01:00"]),
        ("22:00-06:00 UTC", ["Mon 22:00", "Tue 05:59"], ["Mon 06:00", "Mon 21:59"]),
        ("Fri 22:00-06:00 UTC", ["Fri 23:00", "Sat 05:00"], ["Fri 05:00", "Sat 23:00"]),
        ("Sat-Mon UTC", ["Sat 01:00", "Sun 01:00", "Mon 01:00"], ["Tue 01:00", "Fri 01:00"]),
        ("Mon 09:00-17:00 Europe/Berlin", ["Mon 08:00", "Mon 15:59"], ["Mon 16:00", "Mon 07:59"]),
        ("Mon 00:00-24:00 Pacific/Auckland", ["Mon 10:00"], ["Mon 12:00"]),
        ("Mon–Tue 08:00 – 09:00 UTC", ["Tue 08:30"], ["Mon 09:00"]),
        ("8:00-9:00UTC", ["Mon 08:30"], ["Mon 09:00"]),
    ],
)
def test_windows(window, inside, outside):
    found = hours(window, Path())
    assert [text for text in inside if not found.holds(moment(text))] == []
    assert [text for text in outside if found.holds(moment(text))] == []


def test_any_window_of_a_list_will_do_and_the_host_has_a_zone():
    assert hours(["Mon UTC", "Tue UTC"], Path()).holds(moment("Tue 10:00"))
    week = hours("00:00-24:00", Path())
    assert all(week.holds(moment(f"{day} 12:00")) for day in ("Mon", "Wed", "Sun"))


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("", "string"), ("noon", "no day"), ("Mon-Fry", "no day"), ("25:00-26:00", "no such time"),
        ("08:00-08:00", "whole day"), ("08:60-09:00", "no such time"), ("Mon Mars/Base", "no time zone"),
        ("Mon 8-18", 'write "08:00-18:00"'), (3, "string"), ("MonMon", "no day"), ("Mon " * 100, "such as"),
        ("08:00-06:00 CET", "no day 'CET'"), ("Mon 9-5", '"09:00-17:00"'), ("22-6", '"22:00-06:00"'),
        ("7pm-7am", "'7pm-7am'"), ("Mon-Fri 7pm - 7am UTC", 'write "19:00-07:00"'), ("12am-12pm", '"00:00-12:00"'),
        ("Mo-Fr", 'write "Mon-Fri"'), ("Mo-Fr 08:00-18:00", "'Mo-Fr'"), ("Tu", 'write "Tue"'), ("Mon-Fry", '"Mon-Fri"'),
        ("Mon 08.30-18h", '"08:30-18:00"'), ("Mon 0830-1800", '"08:30-18:00"'), ("Mon 08:00", "begin and end"),
        ("Mon 08:00-18:00 CET", "Europe/Berlin"), ("08:00-18:00 Mon", "days, then a time"), ("99-100", "begin and end"),
        ("-", "such as"), (",", "such as"), ("Mon 9pm-", "begin and end"),
    ],
)  # fmt: skip
def test_mistakes(window, said):
    with pytest.raises(ConditionError) as error:
        hours(window, Path())
    assert said in str(error.value)
