"""Words of a policy as people write them: wrapped, hyphenated, in capitals, in scripts without spaces."""

from pathlib import Path

import pytest

from sealgate_milter.conditions.texts import DECLARED
from sealgate_milter.text import normalise

WORDS = next(condition for condition in DECLARED if condition.key == "words")


def found(entries: list[str], text: str) -> list[bytes]:
    test = WORDS.build(entries, Path())
    return [match.value for match in test.find(normalise(text).encode())]


@pytest.mark.parametrize(("entry", "text"), [
    ("機密", "これは機密文書です"), ("社外秘", "本資料は社外秘です。"), ("기밀", "이것은기밀문서"),
    ("ความลับ", "นี่คือความลับมาก"), ("機密", "これは機\n> 密です"), ("secret", "これはsecretです"),
    ("secret", "이 문서는 secret은"), ("サーバー", "このサーバーは"),
    ("strictly confidential", "strictly\nconfidential"), ("strictly confidential", "> strictly\n> confidential"),
    ("strictly confidential", "> > strictly\n> > confidential"), ("strictly confidential", "STRICTLY-CONFIDENTIAL"),
    ("top secret", "see top_secret_plan.pdf"), ("top secret", "top  \u00a0 secret"), ("diagnos*", "the Diagnosis"),
    ("straße", "STRASSE"), ("Strasse", "Große Straße"), ("Straße", "straße"), ("εμπιστευτικό", "ΕΜΠΙΣΤΕΥΤΙΚΟ"),
    ("ΑΠΟΡΡΗΤΟ", "είναι απόρρητο."), ("λόγος", "ΛΟΓΟΣ"), ("strictly confidential", "strictly c\u043enfidential"),
    ("c++", "in C++ only"),
])  # fmt: skip
def test_words_are_found(entry, text):
    assert len(found([entry, "other"], text)) == 1


@pytest.mark.parametrize(("entry", "text"), [
    ("secret", "secretary"), ("secret", "top_secrets"), ("secret", "a_secret_b"), ("top secret", "stop secret"),
    ("top secret", "top > secret"), ("top secret", "top secrets"), ("top secret", "top, secret"), ("機密", "機 密"),
    ("он", "она"), ("diagnos*", "misdiagnosis"), ("café", "cafeteria"),
])  # fmt: skip
def test_other_words_are_not(entry, text):
    assert found([entry], text) == []


def test_one_phrase_has_one_value():
    assert set(found(["top secret"], "Top secret, TOP-SECRET, top\n> secret")) == {b"top secret"}
    assert found(["a", "機密", "b c"], "a 機密 b_c") == [b"a", "機密".encode(), b"b c"]
