"""Diagnosis codes of ICD-10-CM, within the chapters' ranges, beside a cue.

Figures, paper sizes and versions look alike ("A4", "B12.5"), so they count only beside a word such as diagnosis.
"""

import re

from sealgate_milter.detectors.numbers import Numbers

NAME = "icd-10"
SENTENCE = "ICD-10 diagnosis codes such as E11.9 beside words such as ICD, diagnosis or Dx."
EXAMPLE = "Diagnosis: E11.9"

_CODE = re.compile(rb"([A-Z])([0-9][0-9AB])(?:[0-9A-Z]{1,4})?")
_LAST = {
    b"D": 89, b"E": 89, b"G": 99, b"H": 95, b"K": 95, b"P": 96, b"T": 88, b"U": 85,
}  # fmt: skip


def _valid(value: bytes) -> bool:
    match = _CODE.fullmatch(value)
    if match is None:
        return False
    place = match[2]
    return not place.isdigit() or int(place) <= _LAST.get(match[1], 99)


_SHAPE = r"[A-Z][0-9][0-9AB]\.[0-9A-Z]{1,4}|[A-Z][0-9][0-9A](?:[0-9][0-9A-Z]{0,3})?|[a-z][0-9][0-9ab]\.[0-9a-z]{1,4}"
_NUMBERS = Numbers(
    shape=_SHAPE,
    cue=r"\bicd(?:[ _-]?(?:10|x|9))?(?:[ _-]?cm)?\b|\bdiagnos(?:is|es|ed|e|en)\b|\bdx\b|"
    r"\b(?:admitting|billing) code",
    valid=_valid,
    before=48,
    rivals=r"\b(?:fig|figure|table|page|room|section|chapter|version|error|bug|part|model|highway|exit|appendix|row|"
    r"column|size|vitamin|phone|order|ticket|file|printer|engine|dtc|obd)\b",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "Diagnosis: E11.9", "ICD-10 M54.5", "Dx J45.909, I10", "icd10: e11.65", "ICD-10-CM code S72.001A",
    "E11.9 (ICD-10)", "diagnosed with F32.1", "Patient,ICD\nAnn,E11.9\nBob,I10\n", "Dx: C7A.00",
)  # fmt: skip
SILENT = (
    "E11.9", "see figure B12.5", "diagnosis of the printer, see table A10.2", "ICD D99.1", "diagnosis in room B12",
    "diagnosis A4 paper", "a diagnosis of E1.9", "diagnostic code P0420, engine light",
    "diagnosis: vitamin B12 deficiency",
)  # fmt: skip
