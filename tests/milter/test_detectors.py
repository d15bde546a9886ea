"""The detectors: what fires, what does not, and that no text makes them slow."""

import time

import pytest
import re2

from sealgate_milter import text
from sealgate_milter.commands.scan import counts
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.gate import Gate

GATE = Gate({detector.name: detector.gate for detector in DETECTORS.values()})

HITS = {
    "us-ssn": [
        "123-45-6789", "078-05-1120", "219-09-9999 on file", "SSN 123456789", "SSN: 123/45/6789", "ssn 123 45\n6789",
        "SSN123-45-6789", "social security number is 123.45.6789.", "id 123 45 6789 x", "123456789 is her SSN",
        "123–45–6789", "123\u00ad-45-6789", "１２３-４５-６７８９", "١٢٣-٤٥-٦٧٨٩", "ssn 1 2 3 4 5 6 7 8 9",
        "<b>123</b>-<i>45</i>-6789</p>", "https://x.example/?ssn=123%2D45%2D6789",
    ],
    "payment-card": [
        "4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "3782 822463 10005", "6011000990139424,",
        "card 4111.1111.1111.1111", "visa 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "card 4111 1111\n1111 1111",
        "card 1234 4111 1111 1111 1111", "4111\u200b1111\u200b1111\u200b1111", "card 4111%201111%201111%201111",
        "3530111333300000", "30569309025904", "4111 1111 1111 1111 12/29 123",
    ],
    "iban": [
        "DE89370400440532013000", "de89 3704 0044 0532 0130 00 and", "BE68539007547034", "GB82 WEST 1234 5698 7654 32",
        "IBAN:FR1420041010050500013M02606", "DE89 3704 0044\n0532 0130 00", "NL91-ABNA-0417-1643-00",
    ],
}  # fmt: skip
MISSES = {
    "us-ssn": [
        "123456789", "000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "1123-45-6789",
        "123-45-67890", "+1 123-45-6789-0", "1 123 45 6789 4", "SSN on file. Phone 123456789", "98683-7575",
    ],
    "payment-card": [
        "4111111111111112", "DE12 5001 0517 5407 3249 31", "0000000000000000", "4444444444444444 4",
        "14111111111111111", "https://shop.example/item/4111111111111111", "0.4111111111111111",
        "id_4111111111111111", "4E28 4111 1111 1111 1111", "4111 1111 1111 1111 4E28 4E3F", "4111.1111.1111.1111",
    ],
    "iban": [
        "DE89 3704 0044 0532 0130 01", "XX89370400440532013000", "DE8937040044053201300", "ADE89370400440532013000",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "sample"), [(name, sample) for name, found in HITS.items() for sample in found])
def test_fires(name, sample):
    assert counts(GATE, sample).get(name) == 1


@pytest.mark.parametrize(("name", "sample"), [(name, sample) for name, found in MISSES.items() for sample in found])
def test_stays_silent(name, sample):
    assert name not in counts(GATE, sample)


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_example_fires_and_is_described(detector):
    assert counts(GATE, detector.example) == {detector.name: 1}
    assert len(detector.sentence.split()) > 5


@pytest.mark.parametrize("sample", ["1-", "1 ", "DE12", "4", "123-45-6789 ", "ssn 1 ", "41 ", "DE89 3704 "])
def test_no_text_makes_a_detector_slow(sample):
    octets = (sample * 200_000)[:200_000].encode()
    for detector in DETECTORS.values():
        start = time.process_time()
        sum(1 for _ in detector.find(octets))
        assert time.process_time() - start < 1


def test_gate_without_its_canary_opens_for_every_test():
    gate = Gate({"a": "never there", "b": "x"})
    assert gate.open(b"...x") == ["b"]
    gate._canary = 99
    assert gate.open(b"...") == ["a", "b"]


def test_gate_covers_what_the_detector_finds():
    for name, samples in HITS.items():
        pattern = re2.compile(DETECTORS[name].gate.encode())
        for sample in samples:
            plain = text.normalise(sample)
            octets = plain.encode()
            assert pattern.search(octets) or not list(DETECTORS[name].find(octets))
