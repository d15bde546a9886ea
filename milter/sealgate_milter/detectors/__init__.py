"""Detectors: one small file each, with its name, sentence, example, checks and cases.

A detector is a module of this package with `NAME`, `SENTENCE`, `EXAMPLE`, `GATE` (a RE2 pattern that matches wherever
the detector could find something), `find(text) -> Iterator[Match]`, and its cases: `FIRES`, texts in which it must
find something, and `SILENT`, texts in which it must not. `WEAK = True` says that what it finds is in ordinary mail, too
("Case #2801348") and means something only beside other evidence, such as health terms. To add a detector, write the
module: every one here is loaded.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sealgate_milter.detectors.match import Match


@dataclass(frozen=True)
class Detector:
    """One detector as the engine uses it, and the cases that its tests run."""

    name: str
    sentence: str
    example: str
    gate: str
    find: Callable[[bytes], Iterator[Match]]
    fires: tuple[str, ...]
    silent: tuple[str, ...]
    weak: bool


def _found() -> Iterator[Detector]:
    """Yield the detector of every module here; those without a `NAME` are building blocks."""
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        if hasattr(module, "NAME"):
            words = (module.NAME, module.SENTENCE, module.EXAMPLE, module.GATE)
            weak = getattr(module, "WEAK", False)
            yield Detector(*words, module.find, module.FIRES, module.SILENT, weak)


DETECTORS = {detector.name: detector for detector in sorted(_found(), key=lambda detector: detector.name)}
"""Every detector by its name."""
