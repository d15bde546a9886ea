"""Addresses: the suffix goes on and off again, identities never merge, xtext is exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate_core import address

LOCAL = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=16)
DOMAIN = st.from_regex(r"[a-z]{1,10}(\.[a-z]{1,10}){1,3}", fullmatch=True)


@given(LOCAL, DOMAIN, st.sampled_from(["", "hold", "reject", "0af3-1.direct", "0af3-12.notice"]))
def test_suffix_goes_on_and_off(local, domain, kind):
    plain = f"{local}@{domain}"
    secured = address.secured(plain, kind)
    assert address.is_secured(secured) and not address.is_secured(plain)
    assert address.unsecured(secured) == plain and address.unsecured(secured + ".sealgate.invalid") == plain
    ticket = tuple(kind.split(".")) if "." in kind else None
    assert address.ticket_of(secured) == ticket


@pytest.mark.parametrize("bad", [
    "nobody", "@x.test", "a@", "a@[192.0.2.1]", "a@[IPv6:::1]", "a" * 65 + "@x.test", "a@" + "x." * 120 + "test"])
def test_what_cannot_travel_is_refused(bad):
    with pytest.raises(address.AddressRefused):
        address.secured(bad)


def test_identity():
    assert address.identity("Maria@EXAMPLE.com.") == "Maria@example.com" != address.identity("maria@example.com")
    assert address.identity("a@b@Example.com") == "a@b@example.com" and address.identity("root") == "root"
    assert address.identity("m@Bücher.example") == "m@xn--bcher-kva.example" == address.identity("m@bücher.example")
    assert address.identity("a+b@x.test") != address.identity("a@x.test")


@given(st.text(st.characters(codec="utf-8")))
def test_xtext_and_orcpt_come_back(text):
    assert address.from_xtext(address.xtext(text)) == text
    assert address.xtext(text).isascii()


@pytest.mark.parametrize(("plain", "value"), [
    ("a+b=c@x.test", "rfc822;a+2Bb+3Dc@x.test"), ("ü@x.test", "utf-8;ü@x.test"),
    ("ü+1@x.test", "utf-8;ü\\x{2B}1@x.test"),
])
def test_orcpt(plain, value):
    assert address.orcpt(plain) == value and address.from_orcpt(value) == plain


def test_octets_that_are_not_utf_8_survive():
    odd = b"j\xf6rg@x.test".decode("utf-8", "surrogateescape")
    assert address.unsecured(address.secured(odd)) == odd and address.from_xtext(address.xtext(odd)) == odd


@pytest.mark.parametrize("twin", [
    "x@\uff41cme.test", "x@acme\u3002test", "x@stra\u00dfe.test", "x@ban\u212a.test", "x@a\u00adcme.test"])
def test_no_domain_is_taken_for_another(twin):
    ours = {"acme.test", "strasse.test", "bank.test"}
    assert address.domain_of(twin) not in ours and address.domain_of(twin).isascii()


def test_suffix_goes_off_with_its_dots():
    assert address.unsecured("x@y.test.sealgate.invalid..") == "x@y.test"
