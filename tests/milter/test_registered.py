"""Registered documents: what is found, what is not, and what their files give away."""

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
from sealgate_milter.registered import container, dates, documents, keyed_table, registering
from sealgate_milter.registered.overlap import overlaps, same_files
from sealgate_milter.registered.registering import Reading
from sealgate_milter.registered.shingles import CHUNK, Shingler

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
