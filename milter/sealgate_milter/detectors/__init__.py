"""Detectors: one small file each, with its name, sentence, example and checks.

A detector is a module with `NAME`, `SENTENCE`, `EXAMPLE`, `GATE` (a RE2 pattern that matches wherever the detector
could find something) and `find(text) -> Iterator[Match]`. To add one, write the module and name it in `_MODULES`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sealgate_milter.detectors import iban, payment_card, us_ssn
from sealgate_milter.detectors.match import Match


@dataclass(frozen=True)
class Detector:
    """One detector as the engine uses it."""

    name: str
    sentence: str
    example: str
    gate: str
    find: Callable[[bytes], Iterator[Match]]


_MODULES = (us_ssn, payment_card, iban)

DETECTORS = {
    module.NAME: Detector(module.NAME, module.SENTENCE, module.EXAMPLE, module.GATE, module.find) for module in _MODULES
}
"""Every detector by its name."""
