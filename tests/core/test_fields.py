"""Splitting and joining header fields: nothing lost, nothing hidden."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate_core import fields

SAMPLES = [b"A: 1\r\nB: 2\r\n\tfolded\r\n\r\nbody\r\n", b"A: 1\r\n\r\n", b"A: 1\r\n\r\n\r\nbody", b"\r\nbody only\r\n"]


@pytest.mark.parametrize("message", SAMPLES)
def test_split_and_join_give_the_same_octets(message):
    assert fields.join(*fields.split(message)) == message


def test_lf_lines_and_folds():
    header, body = fields.split(b"Subject: a\n b\nTo:\tc\n\nx\n\ny")
    assert header == [(b"Subject", b" a\r\n b"), (b"To", b"\tc")]
    assert body == b"x\n\ny"


@pytest.mark.parametrize(("message", "names", "body"), [
    (b"", [], b""),
    (b"A: 1", [b"A"], b""),
    (b" folded first\r\nA: 1\r\n\r\nx", [], b" folded first\r\nA: 1\r\n\r\nx"),
    (b"A: 1\r\nno field here\r\nB: 2\r\n\r\nx", [b"A"], b"no field here\r\nB: 2\r\n\r\nx"),
    (b"From a@b Mon Nov 23 10:00:00\nA: 1\n\nx", [], b"From a@b Mon Nov 23 10:00:00\nA: 1\n\nx"),
    (b": empty name\r\n\r\nx", [], b": empty name\r\n\r\nx"),
    (b"A : spaced\r\n\r\nx", [b"A"], b"x"),
    (b"A: \0\xff\r\n\r\n\0\xff", [b"A"], b"\0\xff"),
])
def test_where_a_header_ends(message, names, body):
    header, rest = fields.split(message)
    assert [name for name, _ in header] == names and rest == body


PIECES = st.sampled_from([b"A:", b"X-Sealgate:", b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"x", b"\0", b"\xff"])


@given(st.one_of(st.binary(max_size=100), st.lists(PIECES, max_size=40).map(b"".join)))
def test_any_octets_split_and_nothing_of_the_body_is_lost(message):
    header, body = fields.split(message)
    assert message.endswith(body)
    again = fields.split(fields.join(header, body))
    assert again == (header, body)


@pytest.mark.parametrize("name", [b"X-Sealgate", b"x-sealgate-peer", b"X-SEALGATE-Ticket", b"X-SealgateAnything"])
def test_our_fields_are_found_however_they_are_written(name):
    header = [(b"Subject", b" x"), (name, b" forged")]
    assert fields.without(header, fields.ours) == [(b"Subject", b" x")]
    spaced, _ = fields.split(name + b" \t: forged\r\n\r\n")
    assert fields.without(spaced, fields.ours) == []


def test_a_huge_header_takes_no_time():
    start = time.process_time()
    header, _ = fields.split(b"A: x\r\n" + b" fold\r\n" * 100_000 + b"B: y\r\n" * 100_000 + b"\r\nbody")
    assert len(header) == 100_001 and time.process_time() - start < 2
