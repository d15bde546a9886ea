"""Registered documents and data sets: what is found, what is not, and what their files give away."""

import errno
import itertools
import os
import random
import signal
import stat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate_core.parameters import ParameterError
from sealgate_milter.registered import container, dates, documents, exact, from_csv, keyed_table, registering
from sealgate_milter.registered.meeting import meetings
from sealgate_milter.registered.overlap import overlaps, same_files
from sealgate_milter.registered.registering import Reading
from sealgate_milter.registered.shingles import CHUNK, Shingler
from sealgate_milter.registered.telling import Indistinct

KEY = bytes(range(32))
CHOICE = random.Random(20)
WORDS = ["".join(CHOICE.choices("abcdefghijklmnoprstuvw", k=CHOICE.randint(2, 9))) for _ in range(4000)]
WEIGHTS = list(itertools.accumulate(1 / (place + 3) for place in range(len(WORDS))))


def prose(words):
    return " ".join(CHOICE.choices(WORDS, cum_weights=WEIGHTS, k=words))


def edited(text, share):
    return " ".join(CHOICE.choice(WORDS) if CHOICE.random() < share else word for word in text.split())


def part(text, words):
    start = CHOICE.randrange(len(text.split()) - words + 1)
    return " ".join(text.split()[start : start + words])


DOCUMENTS = [prose(1500) for _ in range(12)]


@pytest.fixture(scope="module")
def index():
    return registering.add(
        documents.empty(KEY), (Reading("board", f"/d/{n}", [text.encode()]) for n, text in enumerate(DOCUMENTS))
    )


def names(index, *texts):
    return [over.document.name for over in overlaps(index, [text.encode() for text in texts])]


# -- the table ------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, (1 << 64) - 1), st.integers(0, 1000)), max_size=200), st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_a_table_finds_what_is_in_it_and_nothing_else(pairs, shift):
    # Few first bits, so that some buckets are crowded.
    keys = np.array([(key >> 12 * shift << 12) % (1 << 64) for key, _ in pairs], np.uint64)
    payloads = np.array([payload for _, payload in pairs], np.int64)
    table = keyed_table.build(keys, payloads)
    which, places = table.find(keys, 300)
    found = set(zip(which.tolist(), table.payloads(places).tolist(), strict=True))
    wanted = {(at, int(payload)) for at, key in enumerate(keys) for payload in payloads[keys == key]}
    assert found == wanted
    others = ~keys & np.uint64(((1 << 52) - 1) << 12)
    assert not set(others[table.find(others)[0]].tolist()) - set(keys.tolist())
    again, payloads_again = table.pairs()
    assert sorted(zip(again.tolist(), payloads_again.tolist(), strict=True)) == sorted(
        zip(keys.tolist(), payloads.tolist(), strict=True)
    )


def test_a_table_refuses_numbers_that_do_not_fit():
    with pytest.raises(ValueError, match="hold"):
        keyed_table.build(np.zeros(1, np.uint64), np.array([keyed_table.PAYLOADS]))


# -- shingles -------------------------------------------------------------------------------------


def shingles(text, key=KEY):
    shingler = Shingler.get(key)
    chunks = list(shingler.chunks(text.encode()))
    return {int(number) for chunk in chunks for number in shingler.shingles(chunk)[0]}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Seven quick foxes jump over hedges", "SEVEN  quick,\nfoxes; jump – over (hedges)"),
        ("école Привет größe ΟΔΟΣ naïve señor", "ÉCOLE ПРИВЕТ GRÖßE οδος NAÏVE SEÑOR"),
        ("order 123-45-6789 for the lighthouse keeper", "order 123 45 6789 for the light-house keeper"),
    ],
)
def test_case_and_what_stands_between_words_do_not_matter(left, right):
    joined = Shingler.get(KEY).values([left.encode(), right.encode()], 20)[0]
    assert joined[0] == joined[1]


def test_shingles_do_not_depend_on_the_surroundings_or_on_chunks():
    text = prose(40)
    assert shingles(text) <= shingles(prose(9) + " " + text + " " + prose(9))
    long = prose(3 * CHUNK // 6)
    assert len(long) > 2 * CHUNK
    words = long.split()
    every = set().union(*(shingles(" ".join(words[at : at + 300])) for at in range(0, len(words), 290)))
    assert len(every - shingles(long)) == 0


def test_a_script_without_spaces_has_words_too():
    text = "这份文件只供董事会成员阅读其中的收购计划和价格在公布之前不得以任何形式透露给公司以外的人员或者新闻媒体"
    inside = shingles("昨天收到的消息如下" + text + "请马上处理")
    assert len(shingles(text)) > 10
    assert len(shingles(text) - inside) <= 2


def test_another_key_gives_other_shingles():
    text = prose(200)
    assert not shingles(text) & shingles(text, bytes(32))


@given(st.binary(max_size=3000))
@settings(max_examples=100, deadline=None)
def test_no_octets_break_it(octets):
    shingler = Shingler.get(KEY)
    for fine in (False, True):
        for chunk in shingler.chunks(octets, fine=fine):
            numbers, words = shingler.shingles(chunk)
            start, end = chunk.spans(words, 5)
            assert len(numbers) == len(words)
            assert (start < end).all() and (end <= len(octets)).all()
            shingler.chosen(chunk)
    list(dates.dates(octets))
    shingler.values([octets, b""], 8)


# -- documents ------------------------------------------------------------------------------------


def test_copies_and_excerpts_are_found(index):
    for number, text in enumerate(DOCUMENTS):
        pieces = [text[at : at + 200] for at in range(0, len(text), 200)]
        CHOICE.shuffle(pieces)
        copies = [
            text, text.upper(), edited(text, 0.3), " ".join(pieces), text[: len(text) // 2], part(text, 60),
            part(text, 150), edited(part(text, 150), 0.1),
        ]  # fmt: skip
        for copy in copies:
            assert names(index, f"{prose(300)} {copy} {prose(300)}") == [f"/d/{number}"], copy[:60]


def test_unrelated_texts_are_not_found(index):
    assert not any(names(index, prose(1000)) for _ in range(300))


def test_evidence_points_at_the_passage(index):
    excerpt = part(DOCUMENTS[3], 50)
    before = prose(100) + " "
    [over] = overlaps(index, [prose(50).encode(), (before + excerpt + " " + prose(100)).encode()])
    assert over.document.label == "board"
    assert over.text == 1
    assert min(over.spans)[0] >= len(before) and max(over.spans)[1] <= len(before) + len(excerpt)
    assert over.count >= 10


def test_a_few_common_words_are_no_evidence(index):
    words = DOCUMENTS[0].split()
    snippets = " ".join(" ".join(words[at : at + 7]) + " " + prose(60) for at in range(0, 300, 60))
    assert names(index, snippets) == []


def test_a_short_document_is_found_by_most_of_it():
    text = "the launch code of the northern lighthouse is kept under the third stone"
    index = registering.add(documents.empty(KEY), [Reading("x", "short", [text.encode()])])
    assert names(index, f"{prose(50)} {text} {prose(50)}") == ["short"]
    assert names(index, f"{prose(50)} the third stone of the northern lighthouse {prose(50)}") == []


def test_a_repeated_phrase_counts_once(index):
    phrase = part(DOCUMENTS[0], 9)
    assert names(index, f"{phrase} " * 50) == []


def test_text_that_many_documents_share_tells_each_label():
    versions = [Reading("hr", f"hr{n}", [f"{DOCUMENTS[0]} {prose(20)}".encode()]) for n in range(15)]
    index = registering.add(documents.empty(KEY), [*versions, Reading("board", "b", [DOCUMENTS[0].encode()])])
    labels = {over.document.label for over in overlaps(index, [DOCUMENTS[0].encode()])}
    assert labels == {"hr", "board"}


def test_a_short_document_is_found_when_all_of_it_was_edited():
    letters = [prose(200) for _ in range(20)]
    index = registering.add(documents.empty(KEY), (Reading("x", f"{n}", [t.encode()]) for n, t in enumerate(letters)))
    found = [names(index, f"{prose(200)} {edited(text, 0.25)} {prose(200)}") for text in letters]
    assert sum([str(number)] == one for number, one in enumerate(found)) >= 19


def test_a_form_is_found_when_it_is_filled_in():
    labels = ["Last name", "First name of patient", "Date of birth", "Street address", "Home telephone number",
              "Insurance company and policy number", "Primary care physician", "Known allergies",
              "Current medications", "Emergency contact person", "Signature of patient or guardian"]  # fmt: skip
    blank = "\n".join(f"{label}: ____" for label in labels)
    filled = "\n".join(f"{label}: {prose(3)}" for label in labels)
    form = registering.add(documents.empty(KEY), [Reading("form", "f", [blank.encode()], form=True)])
    assert names(form, "Hello, " + filled) == ["f"]
    assert not any(names(form, "the date of birth and home telephone number, please " + prose(500)) for _ in range(30))
    plain = registering.add(documents.empty(KEY), [Reading("form", "f", [blank.encode()])])
    assert names(plain, filled) == []


def test_a_document_can_be_registered_anew_and_removed(index):
    text = prose(300)
    once = registering.add(index, [Reading("hr", "/new", [text.encode()])])
    twice = registering.add(once, [Reading("hr", "/new", [(text + " " + prose(50)).encode()])])
    assert names(twice, part(text, 60)) == ["/new"]
    assert len(twice.documents) == len(index.documents) + 1
    gone = registering.remove(twice, lambda document: document.name == "/new")
    assert names(gone, part(text, 60)) == []
    assert names(gone, DOCUMENTS[0]) == ["/d/0"]
    assert len(gone.table.entries) == len(index.table.entries)


def test_ordinary_text_says_nothing_until_it_is_taken_back():
    notice = prose(80)
    registered = registering.add(
        documents.empty(KEY), [Reading("x", f"d{n}", [f"{prose(300)} {notice}".encode()]) for n in range(3)]
    )
    assert len(names(registered, notice)) == 3
    told = registering.add_background(registered, [Reading("", "notice", [notice.encode()])])
    assert names(told, prose(100) + notice) == []
    later = registering.add(told, [Reading("x", "later", [f"{notice} {prose(300)}".encode()])])
    assert names(later, notice) == []
    assert len(names(registering.remove_background(later), notice)) == 4


def test_a_letter_is_not_known_by_its_polite_phrases():
    polite = (
        "Thank you very much for your time. If you have any questions, please do not hesitate to contact me. I look "
        "forward to hearing from you soon. This e-mail is confidential and may also be legally privileged. If you are "
        "not the intended recipient, please notify the sender immediately and delete this e-mail from your system."
    )
    index = registering.add(documents.empty(KEY), [Reading("x", "d", [f"{prose(100)} {polite}".encode()])])
    assert names(index, f"{prose(30)} {polite}") == []
    assert names(index, f"{prose(30)} {part(prose(10) + ' ' + polite, 30)}") == []


def test_boilerplate_of_many_documents_says_nothing_but_versions_of_one_do():
    notice, base = prose(60), prose(400)
    many = [Reading("x", f"d{n}", [f"{prose(300)} {notice}".encode()]) for n in range(30)]
    versions = [Reading("v", f"v{n}", [f"{edited(base, 0.02)}".encode()]) for n in range(30)]
    index = registering.add(documents.empty(KEY), many + versions)
    assert names(index, notice) == []
    assert any(name.startswith("v") for name in names(index, part(base, 80)))
    assert names(index, many[4].texts[0].decode()) == ["d4"]
    fewer = registering.remove(index, lambda document: document.name in {f"d{n}" for n in range(20)})
    assert len(names(fewer, notice)) > 1


def test_a_file_is_known_by_its_octets():
    digest, other = bytes(range(32)), bytes(range(1, 33))
    index = registering.add(documents.empty(KEY), [Reading("cad", "plan.dwg", [], [digest])])
    assert [(at, document.name) for at, document in same_files(index, [other, digest])] == [(1, "plan.dwg")]


# -- the file -------------------------------------------------------------------------------------


def test_the_file_gives_nothing_away_and_opens_with_its_key_only(index, tmp_path):
    path = tmp_path / documents.FILE
    documents.save(path, index)
    content = path.read_bytes()
    assert b"board" not in content and b"/d/" not in content and WORDS[5].encode() + b" " not in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(documents.load(path, KEY), part(DOCUMENTS[7], 60)) == ["/d/7"]
    with pytest.raises(ParameterError, match="key"):
        documents.load(path, bytes(32))
    # Whoever has the file and another key finds nothing, even past the seal.
    stolen = documents.Index(bytes(32), index.table, index.documents)
    assert names(stolen, DOCUMENTS[7]) == []


@pytest.mark.parametrize("cut", [0, 10, 30, -1, -5000])
def test_half_a_file_is_refused(index, tmp_path, cut):
    path = tmp_path / documents.FILE
    documents.save(path, index)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises((ParameterError, OSError, ValueError)):
        documents.load(path, KEY)


def test_a_full_disk_in_the_middle_of_an_update_leaves_the_old_index(index, tmp_path, monkeypatch):
    path = tmp_path / documents.FILE
    documents.save(path, index)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(container.os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        documents.save(path, documents.empty(KEY))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [documents.FILE]


def test_a_kill_in_the_middle_of_an_update_leaves_the_old_index(index, tmp_path):
    path = tmp_path / documents.FILE
    documents.save(path, index)
    before = path.read_bytes()
    child = os.fork()
    if not child:
        container.os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
        documents.save(path, documents.empty(KEY))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2
    with container.alone(tmp_path, tmp_path):
        assert [entry.name for entry in tmp_path.iterdir()] == [documents.FILE], "what was left is swept away"


def test_a_change_is_in_force_without_a_restart_and_a_broken_one_is_not(index, tmp_path, caplog):
    path = tmp_path / documents.FILE
    watched = container.Watched(path, lambda where: documents.load(where, KEY), documents.empty(KEY))
    assert names(watched.now(), DOCUMENTS[0]) == []
    documents.save(path, index)
    held = watched.now()
    assert names(held, DOCUMENTS[0]) == ["/d/0"]
    assert watched.now() is held
    documents.save(path, registering.remove(index, lambda document: document.name == "/d/0"))
    assert names(watched.now(), DOCUMENTS[0]) == []
    assert names(held, DOCUMENTS[0]) == ["/d/0"], "what is mapped stays valid"
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"rubbish")
    rubbish.replace(path)
    assert names(watched.now(), DOCUMENTS[1]) == ["/d/1"]
    assert "refused" in caplog.text
    path.unlink()
    assert names(watched.now(), DOCUMENTS[1]) == ["/d/1"]
    documents.save(path, index)
    assert names(watched.now(), DOCUMENTS[0]) == ["/d/0"]


# -- rows -----------------------------------------------------------------------------------------

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
