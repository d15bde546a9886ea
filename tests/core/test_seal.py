"""Sealing: what opens, what must not, and the test vectors of `docs/sealing.md`."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate_core import seal
from sealgate_core.seal import PasswordCost

VECTORS = json.loads(re.search(
    r"```json\n(.*?)```", (Path(__file__).parents[2] / "docs/sealing.md").read_text("utf-8"), re.DOTALL)[1])


def octets(name: str) -> bytes:
    return bytes.fromhex(VECTORS[name])


@given(st.binary(max_size=40000))
def test_container_opens_only_with_key_and_context(plain):
    key, bound = seal.new_key(), seal.context("test", "a")
    sealed = seal.seal(key, bound, plain)
    assert seal.open_sealed(key, bound, sealed) == plain
    for other_key, other_bound in ((seal.new_key(), bound), (key, seal.context("test", "b"))):
        with pytest.raises(seal.SealBroken):
            seal.open_sealed(other_key, other_bound, sealed)


def test_container_whose_chunks_were_reordered_dropped_or_cut():
    key, bound = seal.new_key(), seal.context("test")
    sealed = seal.seal(key, bound, bytes(100_000))
    start, size = len(sealed) - 100_000 - 7 * 16, 16384 + 16
    head, body = sealed[:start], sealed[start:]
    first, second, rest = body[:size], body[size:2 * size], body[2 * size:]
    for altered in (head + second + first + rest, head + second + rest, head + first + first + second + rest,
                    head + first + second, head, b"", sealed[:-1], sealed + b"\0", b"\x02" + sealed[1:]):
        with pytest.raises(seal.SealBroken):
            seal.open_sealed(key, bound, altered)


def test_any_chunking_of_a_stream_gives_the_same():
    key, plain = seal.new_key(), bytes(range(256)) * 300
    sealed = b"".join(seal.seal_stream(key, b"x", (plain[i:i + 1000] for i in range(0, len(plain), 1000))))
    assert b"".join(seal.open_stream(key, b"x", (sealed[i:i + 77] for i in range(0, len(sealed), 77)))) == plain


def test_contexts_cannot_be_confused():
    seen = {seal.context("a", "bc"), seal.context("ab", "c"), seal.context("a", "b", "c"), seal.context("abc"),
            seal.context("a", "bc", "")}
    assert len(seen) == 5
    assert seal.context("a", 7) == seal.context("a", "7") == seal.context("a", b"7")


def test_pair():
    pair, other = seal.new_pair(), seal.new_pair()
    assert (len(pair.private), len(pair.public)) == (96, 1216)
    sealed = seal.seal_to(pair.public, b"bound", b"key")
    assert seal.open_with(pair.private, b"bound", sealed) == b"key"
    for private, bound, value in ((other.private, b"bound", sealed), (pair.private, b"other", sealed),
                                  (pair.private, b"bound", sealed[:-1]), (pair.private, b"bound", b""),
                                  (pair.private, b"bound", b"\x01" + sealed[1:]), (pair.private, b"bound", sealed[:1])):
        with pytest.raises(seal.SealBroken):
            seal.open_with(private, bound, value)


@given(st.binary(min_size=16, max_size=16))
def test_link_text_survives_people(secret):
    text = seal.link_text(secret)
    assert len(text) == 28 and seal.parse_link_text(text) == secret
    typed = "-".join(text[i:i + 4] for i in range(0, 28, 4)).lower().replace("0", "o").replace("1", "l")
    assert seal.parse_link_text(f" {typed} ") == secret


@given(st.binary(min_size=16, max_size=16), st.integers(0, 27), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_typing_error_never_gives_another_secret_silently(secret, place, character):
    text = seal.link_text(secret)
    wrong = text[:place] + character + text[place + 1:]
    # Two check characters: one error in about a thousand passes, and then opens nothing.
    assert seal.parse_link_text(wrong) in {None, secret} or wrong != text
    assert seal.parse_link_text(text[:-1]) is None and seal.parse_link_text(text + "0") is None


def test_password_keys():
    cost = PasswordCost(8, 1, 1)
    verifier, opener = seal.password_keys("secret", b"s" * 16, cost)
    assert verifier != opener and PasswordCost.parse(str(cost)) == cost
    assert seal.password_keys("secret", b"s" * 16, cost) == (verifier, opener)
    assert seal.password_keys("secret", b"t" * 16, cost)[0] != verifier


def test_blind_is_aes_256_on_every_block():
    """FIPS 197, appendix C.3."""
    block, result = bytes.fromhex("00112233445566778899aabbccddeeff"), bytes.fromhex("8ea2b7ca516745bfeafc49904b496089")
    assert seal.blind(bytes(range(32)), block * 3) == result * 3
    assert seal.blind(bytes(range(32)), b"") == b""


def test_vector_context():
    assert seal.context("body", "acme", "m", "b", "message") == octets("context")


def test_vector_container():
    assert seal.open_sealed(octets("key"), octets("context"), octets("container")) == octets("plain")


def test_vector_hybrid():
    assert seal.open_with(octets("private"), octets("context"), octets("hybrid")) == octets("key")


def test_vector_link():
    secret = octets("secret")
    assert seal.link_text(secret) == VECTORS["link_text"]
    assert seal.link_lookup(secret) == octets("link_lookup") and seal.link_opener(secret) == octets("link_opener")


def test_vector_password():
    keys = seal.password_keys("correct horse battery", octets("salt"), PasswordCost.parse(VECTORS["cost"]))
    assert keys == (octets("verifier"), octets("opener"))
