"""The detectors: what fires, what does not, and that no text makes them slow."""

import time

import pytest
import re2

from sealgate_milter import text
from sealgate_milter.commands.scan import counts
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.gate import Gate

GATE = Gate({detector.name: detector.gate for detector in DETECTORS.values()})

def cases(kind):
    return [(detector.name, sample) for detector in DETECTORS.values() for sample in getattr(detector, kind)]


@pytest.mark.parametrize(("name", "sample"), cases("fires"))
def test_fires(name, sample):
    assert name in counts(GATE, sample)


@pytest.mark.parametrize(("name", "sample"), cases("silent"))
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
    gate._sets[0].canary = 99
    assert gate.open(b"...") == ["a", "b"]


def test_gate_covers_what_the_detector_finds():
    patterns = {name: re2.compile(detector.gate) for name, detector in DETECTORS.items()}
    for _, sample in cases("fires") + cases("silent"):
        plain = text.normalise(sample)
        for name, detector in DETECTORS.items():
            assert patterns[name].search(plain) or not list(detector.find(plain.encode()))
