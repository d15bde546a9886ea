"""Text as a reader sees it: what only looks different, or like nothing, becomes plain."""

import pytest

from sealgate_milter.plain import octets
from sealgate_milter.text import from_html, normalise

NUMBER = "123-45-6789"


@pytest.mark.parametrize("shown", [
    "12\x013-4\x085-67\x7f89", "12\x003-45-67\0" + "89", "".join(digit + "\u0336" for digit in NUMBER),
    "".join(digit + "\u0332" for digit in NUMBER), "".join(digit + "\u0301" for digit in NUMBER),
    "❶❷❸-❹❺-❻❼❽❾", "⓵⓶⓷-⓸⓹-⓺⓻⓼⓽", "①②③-④⑤-⑥⑦⑧⑨", "123─45━6789", "123➖45⎯6789",
    "123\u200b-45-\u2060６７８９",
])  # fmt: skip
def test_disguised_numbers(shown):
    assert next(octets(shown)) == NUMBER.encode()


@pytest.mark.parametrize(("shown", "read"), [
    ("c\u043enfid\u0435nti\u0430l", "confidential"), ("D\u041589 3704", "DE89 3704"), ("\u0405\u0405N", "SSN"),
    ("s\u200b\u0435cret", "secret"), ("\u0430t\u0301 c\u043ede", "at\u0301 code"), ("s̶e̶c̶r̶e̶t̶", "secret"),
    ("SMS\u043a\u0430", "SMS\u043a\u0430"), ("\u043e\u043d\u0430 \u0441 IT", "\u043e\u043d\u0430 \u0441 IT"),
    ("Größe sınır Ελλάδα", "Größe sınır Ελλάδα"), ("a\u0308 e\u0301", "ä é"),
])  # fmt: skip
def test_letters(shown, read):
    assert normalise(shown) == read


@pytest.mark.parametrize("shown", ["x \u202e9876-54-321\u202c", "x \u202e9876-54-321"])
def test_right_to_left(shown):
    assert any(NUMBER.encode() in said for said in octets(shown))
    assert len(list(octets("a" + "\u202e" * 3000 + "b"))) == 2
    assert list(octets("\u202eab\u202c c")) == [b"ab c", b"ba c"]


@pytest.mark.parametrize("page", [
    "a <bdo dir=rtl>9876-54-321</bdo> b", '<i style="direction:rtl;unicode-bidi: bidi-override">9876-54-321</i> b',
    '<i style="unicode-bidi:bidi-override">9876-54-321',
])  # fmt: skip
def test_right_to_left_in_a_page(page):
    assert any(NUMBER.encode() in said for said in octets(from_html(page)[0]))


def test_separators_of_records_stay():
    assert list(octets("1\x1c2\x1d3\t4\n5")) == [b"1\x1c2\x1d3\t4\n5"]
