"""Lexicons: their files, what matches, and where; tests that lie near each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate_milter import lexicon, text
from sealgate_milter.classify import classify
from sealgate_milter.lexicon import Lexicon, LexiconError
from sealgate_milter.message import from_bytes
from sealgate_milter.policy import PolicyError, load_policy

OUTSIDE = "bob@outside.example"


def found(terms: dict[str, int], source: str) -> list[tuple[str, str, int]]:
    octets = text.normalise(source).encode()
    matches = Lexicon(terms).find(octets)
    return [(octets[m.start : m.end].decode(), m.value.decode(), m.weight) for m in matches]


@pytest.mark.parametrize(
    ("terms", "source", "wanted"),
    [
        ({"heart": 1}, "Heart, HEART and heartfelt", ["Heart", "HEART"]),
        ({"diabet*": 2}, "diabetic(diabetes) prediabetes", ["diabetic", "diabetes"]),
        ({"heart rate": 1}, "his heart\r\n  rate, a heart-rate", ["heart\n  rate", "heart-rate"]),
        ({"heart rate": 1}, "heart_rate.txt", ["heart_rate"]),
        ({"crohn's disease": 1}, "Crohn’s  DISEASE", [text.normalise("Crohn’s  DISEASE")]),
        ({"x-ray": 1}, "“X ray”", ["X ray"]),
        ({"café": 1}, "CAFÉ, Café, cafés", ["CAFÉ", "Café"]),
        ({"a b": 1, "b c": 1}, "a b c", ["a b", "b c"]),
        ({"heart": 1, "heart rate": 2}, "heart rate", ["heart rate"]),
        ({"patient": 2, "be patient": 0}, "be patient with a patient", ["patient"]),
        ({"heart rates": 1, "heart": 1}, "heart rated", ["heart"]),
    ],
)  # fmt: skip
def test_terms_are_whole_words_in_any_case_the_longest_first(terms, source, wanted):
    assert [shown for shown, _, _ in found(terms, source)] == wanted


def test_a_term_is_found_over_the_seams_of_a_long_text(monkeypatch):
    monkeypatch.setattr(lexicon, "CHUNK", 40)
    source = "x " * 100 + "blood pressure " * 30
    assert len(found({"blood pressure": 1}, source)) == 30
    assert found({"blood pressure": 1}, source)[0][0] == "blood pressure"


@given(st.lists(st.sampled_from(["heart", "rate", " ", "\n", "é", "’", "-", "\u3000", "x", "  "]), max_size=60))
def test_matches_are_the_term_wherever_they_say(pieces):
    for shown, value, _ in found({"heart rate": 1, "heart": 1, "rat*": 1}, "".join(pieces)):
        plain = " ".join(shown.lower().replace("-", " ").replace("’", " ").replace("'", " ").split())
        assert plain == value or (value == "rat*" and plain.startswith("rat"))


@given(st.binary(max_size=300))
def test_no_octets_raise(octets):
    for match in Lexicon({"a": 1, "b c": -1, "é*": 2}).find(octets):
        assert 0 <= match.start < match.end <= len(octets)


def test_files_have_weights_headings_and_remarks(tmp_path):
    path = tmp_path / "terms.txt"
    path.write_text("# ours\nplain\n[2]\ntwo # remark\nspecial = -3\n\n[0]\nshield\n")
    assert lexicon.read(path) == {"plain": 1, "two": 2, "special": -3, "shield": 0}


def test_a_file_may_begin_with_a_mark_that_says_utf_8(tmp_path):
    (tmp_path / "terms.txt").write_text("\ufeffliver\nspleen\n", "utf-8")
    assert set(lexicon.read(tmp_path / "terms.txt")) == {"liver", "spleen"}


@pytest.mark.parametrize("content", ["", "# only\n", "a = b\n", "= 3\n"])
def test_files_that_are_no_good_say_what_to_write(tmp_path, content):
    path = tmp_path / "terms.txt"
    path.write_text(content)
    with pytest.raises(LexiconError, match=r"term"):
        lexicon.read(path)


@pytest.mark.parametrize("name", lexicon.names())
def test_shipped_files_load_and_say_where_they_come_from(name):
    path = lexicon.SHIPPED / f"{name}.txt"
    head = path.read_text("utf-8").partition("\n\n")[0]
    assert "by hand for Sealgate" in head or "public domain" in " ".join(head.split())
    assert len(lexicon.read(path)) > 50


def judged(tmp_path, tests: str, body: str, when: str = "t", subject: str = "s") -> str | None:
    path = tmp_path / "policy.toml"
    path.write_text(f'{tests}\n[[rules]]\nname = "r"\nwhen = "{when}"\nthen = "secure"\n')
    policy = load_policy(path, ["corp.example"])
    message = from_bytes(f"Subject: {subject}\n\n{body}".encode(), "a@corp.example", (OUTSIDE,))
    return classify(message, policy, lambda ids: False).recipients[OUTSIDE].rule


LEXICON = '[tests.t]\nlexicon = "file:terms.txt"\n'


@pytest.mark.parametrize(
    ("options", "body", "holds"),
    [
        ("", "liver", True),
        ("at_least = 2", "liver liver", False),
        ("at_least = 2", "liver and spleen", True),
        ("at_least = 2", "liver and pony", False),
        ("score = 3", "liver", False),
        ("score = 3", "liver and gall bladder", True),
        ("score = 3", "liver and gall bladder of a pony", False),
        ("score = 3\nwithin = 20", "liver " + "x " * 20 + "gall bladder", False),
        ("score = 3\nwithin = 40", "liver xxxx gall bladder", True),
        ("score = 3\nwithin = 40", "pony " + "x " * 30 + "liver xxxx gall bladder", True),
        ('scope = ["subject"]', "liver", False),
    ],
)
def test_scores_counts_and_windows(tmp_path, options, body, holds):
    (tmp_path / "terms.txt").write_text("liver\nspleen\ngall bladder = 2\npony = -2\n")
    assert (judged(tmp_path, LEXICON + options, body) == "r") is holds


NEAR = (
    '[tests.n]\nnear = ["id", "words"]\nwithin = 40\n[tests.id]\ndetector = ["us-ssn", "payment-card"]\n'
    '[tests.words]\nlexicon = "file:terms.txt"\nscore = 2\n'
)


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        ("123-45-6789 gall bladder", True),
        ("gall bladder: 4111 1111 1111 1111", True),
        ("123-45-6789 liver", False),
        ("123-45-6789 liver, spleen", True),
        ("123-45-6789" + " x" * 30 + " gall bladder", False),
        ("gall bladder" + " x" * 30 + " 123-45-6789", False),
        ("gall bladder", False),
    ],
)
def test_near_wants_enough_of_each_in_one_stretch(tmp_path, body, holds):
    (tmp_path / "terms.txt").write_text("liver\nspleen\ngall bladder = 2\n")
    assert (judged(tmp_path, NEAR, body, "n") == "r") is holds


@pytest.mark.parametrize(
    ("subject", "body", "holds"),
    [
        ("gall bladder", "x " * 50 + "123-45-6789", True),
        ("123-45-6789", "x " * 50 + "gall bladder", True),
        ("liver", "123-45-6789 spleen", True),
        ("liver", "123-45-6789" + " x" * 30 + " spleen", False),
        ("gall bladder, 123-45-6789", "x", True),
        ("gall bladder", "x", False),
    ],
)
def test_what_the_subject_says_stands_near_everything(tmp_path, subject, body, holds):
    (tmp_path / "terms.txt").write_text("liver\nspleen\ngall bladder = 2\n")
    assert (judged(tmp_path, NEAR, body, "n", subject) == "r") is holds


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('[tests.t]\nnear = ["a", "b"]', "within"),
        ('[tests.t]\nnear = ["a", "b"]\nwithin = 9', "'a', which is not there"),
        ('[tests.t]\nnear = ["a"]\nwithin = 9', "two or more"),
        ('[tests.t]\nnear = ["a", "b"]\nwithin = 9\nat_least = 2', "remove it"),
        (
            '[tests.a]\nsender = "x@"\n[tests.b]\nwords = "x"\n[tests.t]\nnear = ["b", "a"]\nwithin = 9',
            "wants tests on texts",
        ),
        ('[tests.t]\nlexicon = "health-term"', "did you mean 'health-terms'"),
        ('[tests.t]\nlexicon = "file:none.txt"', "cannot read"),
        ('[tests.t]\ndetector = ["us-ssn", "us-snn"]', "did you mean"),
    ],
)
def test_mistakes_are_explained(tmp_path, source, said):
    with pytest.raises(PolicyError, match=said):
        judged(tmp_path, source, "x")
