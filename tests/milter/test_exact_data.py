"""Exact data: rows of a table are known again by the columns that meet in a message."""

import random

import numpy as np
import pytest

from sealgate_milter.registered import dates, exact, from_csv
from sealgate_milter.registered.meeting import meetings
from sealgate_milter.registered.telling import Indistinct

KEY = bytes(range(32))
CHOICE = random.Random(21)
WORDS = ["".join(CHOICE.choices("abcdefghijklmnoprstuvw", k=CHOICE.randint(2, 9))) for _ in range(4000)]


def prose(words):
    return " ".join(CHOICE.choices(WORDS, k=words))


PEOPLE = [
    (f"A-{10000 + 37 * n}-{n % 90 + 10}", f"{CHOICE.choice(WORDS).title()} {CHOICE.choice(WORDS).title()}",
     f"{1930 + n % 70}-{n % 12 + 1:02}-{n % 28 + 1:02}")
    for n in range(2000)
]  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "people.csv"
    path.write_text("member;name;born\n" + "".join(f"{m};{n};{b}\n" for m, n, b in PEOPLE), "utf-8")
    return path


@pytest.fixture(scope="module")
def rows(table):
    return exact.build(KEY, from_csv.read(table, []), 2)


def hit(index, *texts):
    return meetings(index, [text.encode() for text in texts])


def test_two_columns_of_a_row_meet_however_they_are_written(rows):
    for member, name, born in PEOPLE[:50]:
        year, month, day = born.split("-")
        first, last = name.split()
        bare = member.replace("-", "")
        for said in (
            f"{member} is {name}", f"{bare} is {name.upper()}", f"{last}, {first} (no. {member.replace('-', ' ')})",
            f"{name}, born {int(month)}/{int(day)}/{year}", f"{bare}: {day}.{month}.{year}",
        ):  # fmt: skip
            found = hit(rows, f"{prose(40)} {said}. {prose(40)}")
            assert found is not None and found.rows >= 1, said
        found = hit(rows, f"about {name}", prose(300), f"see {member}")
        assert found is not None and found.columns == ("member", "name")


def test_values_of_different_rows_do_not_meet(rows):
    for (member, _, _), (_, name, born) in zip(PEOPLE[:200], PEOPLE[500:700], strict=True):
        assert hit(rows, f"{member} and {prose(30)}") is None
        if born.split("-")[1:] != member:
            assert hit(rows, f"{name} {prose(30)}") is None
    assert hit(rows, f"{PEOPLE[3][0]} {PEOPLE[900][1]}") is None


def test_a_list_of_rows_is_counted(rows):
    said = "\n".join(" | ".join(row) for row in PEOPLE[100:160])
    found = hit(rows, said)
    assert found is not None and found.rows >= 60
    assert found.columns == ("member", "name", "born")
    spans = [said[start:end] for _, start, end in found.spans]
    assert PEOPLE[100][0] in spans and PEOPLE[100][1] in spans


def test_of_a_very_long_list_the_beginning_is_enough_unless_more_are_wanted(rows):
    said = "\n".join(" | ".join(row) for row in PEOPLE) + " " + prose(40_000)
    assert len(said) > 200_000
    found = meetings(rows, [b"", said.encode()])
    assert found is not None and found.rows >= 100 and found.text == 1
    wanted = meetings(rows, [said.encode() + " | ".join(PEOPLE[0]).encode()], found.rows + 1)
    assert wanted is not None
    far = (prose(45_000) + " " + " | ".join(PEOPLE[7])).encode()
    assert meetings(rows, [far]) is not None


def test_frequent_values_do_not_show(tmp_path):
    """A name that a thousand rows share is as random in the file as one that is unique."""
    columns = [
        exact.Column("name", "text", ([b"common name"] * 450 + [b"rare%d" % n for n in range(550)],)),
        exact.Column("town", "text", ([b"one town for all"] * 1000,)),
    ]
    index = exact.build(KEY, columns, 2)
    assert len(np.unique(index.table.pairs()[0])) == 1000
    assert len(np.unique(exact.unpacked(index.hidden))) == 2000
    found = hit(index, "common name of one town for all")
    assert found is not None and found.rows == 450
    path = tmp_path / "x.rows"
    exact.save(path, index)
    assert b"name" not in path.read_bytes()
    assert exact.load(path, KEY).slots == index.slots


def test_columns_that_do_not_tell_rows_apart_are_refused():
    town = exact.Column("town", "text", ([b"springfield"] * 1500,))
    with pytest.raises(Indistinct, match="1500 of 1500 rows have the same 'town'"):
        exact.build(KEY, [town], 1)


def people(count):
    numbers = range(count)
    return {
        "first": [b"first%d" % (n % 4) for n in numbers],
        "town": [b"town%d" % (n % 3) for n in numbers],
        "name": [b"family%d" % (n * 7919 % 5003) for n in numbers],
        "member": [b"no%06d" % n for n in numbers],
    }


@pytest.mark.parametrize(
    ("names", "need", "which"),
    [
        (["first"], 1, "'first'"),
        (["first", "town"], 2, "'first' and 'town'"),
        (["member", "first", "town"], 2, "'first' and 'town'"),
        (["member", "first", "town"], 3, None),
        (["member", "name", "town"], 2, None),
        (["name"], 1, None),
    ],
)
def test_every_combination_that_is_enough_tells_rows_apart(names, need, which):
    table = people(500)
    columns = [exact.Column(name, "text", (table[name],)) for name in names]
    if which is None:
        assert exact.build(KEY, columns, need).bare == 0
        return
    with pytest.raises(Indistinct, match=f"500 of 500 rows have the same {which} as another row"):
        exact.build(KEY, columns, need)


def test_the_same_row_twice_now_and_then_does_no_harm():
    values = [b"no%06d" % (n if n % 5 else 1) for n in range(100)]
    assert exact.build(KEY, [exact.Column("member", "text", (values,))], 1).bare == 0


def test_a_value_that_too_many_rows_share_is_refused():
    values = [b"common"] * 1200 + [b"no%06d" % n for n in range(2000)]
    with pytest.raises(Indistinct, match="1200 rows have one and the same 'member'"):
        exact.build(KEY, [exact.Column("member", "text", (values,))], 1)


def test_short_and_empty_cells_do_not_count(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,name\n17,Ann Bell\n,Carl Dorn\nn/a,Eve Finch\n100200,Gus Hall\n")
    index = exact.build(KEY, from_csv.read(path, []), 2)
    assert index.bare == 2
    assert hit(index, "Carl Dorn and Eve Finch n/a") is None
    assert hit(index, "Gus Hall has 100200") is not None


def test_a_table_may_be_in_any_charset_and_with_any_separator(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeffid\tname\n4711-00\tZoë Müller\n4712-01\t王小明\n".encode())
    index = exact.build(KEY, from_csv.read(path, ["name", "id"]), 2)
    assert hit(index, "ZOË MÜLLER 471100") is not None
    assert hit(index, "客户王小明的号码是4712 01") is not None
    path.write_bytes("id;name\n4711-00;Zoë Müller\n".encode("cp1252"))
    assert hit(exact.build(KEY, from_csv.read(path, []), 2), "zoë müller 4711-00") is not None


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_what_stands_between_columns_is_told_by_the_lines(tmp_path, separator):
    path = tmp_path / "t.csv"
    rows = [["id", "name", "fee"], *([f"4711-{n}", '"Müller, Zoë; x"', f'"{n},50"'] for n in range(30))]
    for encoding in ("utf-8", "utf-16"):
        path.write_text("".join(separator.join(row) + "\r\n" for row in rows), encoding)
        found = from_csv.read(path, ["name", "id"])
        assert found[1].written[0][7] == b"4711-7"
    with pytest.raises(from_csv.BadTable, match=r"no column 'nobody'.*between columns.*'id', 'name', 'fee'"):
        from_csv.read(path, ["nobody"])


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n1 0 obj\n", b"PK\x03\x04rest", b"id,name\n\x00\x01\x02,x\n", b"{\\rtf1 a,b}"]
)
def test_what_is_no_text_is_no_table(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(from_csv.BadTable, match="no text"):
        from_csv.read(path, [])


@pytest.mark.parametrize("content", ["", "a,b\n", "a,a\n1,2\n"])
def test_what_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_text(content)
    with pytest.raises(from_csv.BadTable):
        from_csv.read(path, ["a"])


@pytest.mark.parametrize(
    ("said", "digits"),
    [("1980-02-13", "19800213"), ("13/2/1980", "19800213"), ("2/13/80", "19800213"), ("Feb. 13, 1980", "19800213"),
     ("13th of February 1980", "19800213"), ("13 FEB 80", "19800213"), ("1980.2.13", "19800213")],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(said, digits):
    assert digits.encode() in {found for _, _, found in dates.dates(f"on {said}, they".encode())}


def test_what_is_no_date_is_not_read():
    assert not list(dates.dates(b"99/99/1980 2020-13-13 12345/1/2 version 1.2 and 555-0101"))
