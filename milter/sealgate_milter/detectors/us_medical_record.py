"""Medical record numbers, which every hospital shapes as it likes: five digits or more beside a cue."""

import re
from collections.abc import Iterator

from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import Numbers

NAME = "us-medical-record"
SENTENCE = "Medical record and patient numbers, five digits or more, beside words such as MRN or patient ID."
EXAMPLE = "Patient MRN 00123456"

_VALID = re.compile(rb"[A-Z]{0,4}[0-9]{5,14}[A-Z]?")
_DATE = re.compile(rb"[0-9]{1,2}[- ][0-9]{1,2}[- ](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}[- ][0-9]{1,2}[- ][0-9]{1,2}")


def _valid(value: bytes) -> bool:
    return _VALID.fullmatch(value) is not None


_NUMBERS = Numbers(
    shape=r"(?:[A-Za-z]{1,4}-?|[A-Z]{1,3} )?[0-9]{2,12}(?:[ -][0-9]{2,8}){0,3}[A-Za-z]?",
    cue=r"\bmrn(?:s?\b|[#_0-9])|_mrn\b|\bm\.r\.n|med(?:ical|\.)? ?rec(?:ord)?s?\.?[ _-]?(?:number|no\b|num\b|#|id\b|:)|"
    r"(?:\b|_)patient(?:'s)?[ _-]?(?:id\b|identifier|number|no\b|num\b|account|acct|record|#|file|mrn|chart)|"
    r"\bchart[ _-]?(?:number|no\b|num\b|#|id\b)|\bhospital[ _-]?(?:number|no\b|id\b|#)|\b"
    r"health record (?:number|no|id|#)|\bencounter[ _-]?(?:number|no\b|id\b|#)|\bmr ?#",
    valid=_valid,
    before=32,
    rivals=r"\b(?:tel|phone|fax|mobile|cell|call|invoice|order|ticket|zip|tracking|amount|total|usd|ssn|dob|birth|born|"
    r"date|npi|dea|room|ext|icd\w*|cpt|policy|group|claim|age|pager|po box)\b|[$€£]",
)
GATE = _NUMBERS.gate


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8) that is not written like a date."""
    return (match for match in _NUMBERS.find(text) if not _DATE.fullmatch(text[match.start : match.end]))


FIRES = (
    "MRN 00123456", "MRN: A1234567", "medical record number 123-45-678", "Patient ID: 998877",
    "patient number is 12345", "Patient number 661-0092: weight", "chart # 445566", "MRN# 12-34-56-78",
    "mrn\tname\n00112233\tAnn\n00112234\tBob\n",
    "1234567 (MRN)", "patient_id=123456",
)  # fmt: skip
SILENT = (
    "00123456", "MRN to follow, phone 5551234567", "medical record of 2024", "patient of 12345 Main Street",
    "MRN 1234", "MRN to come, 03-14-2024", "Patient room 12345", "medical records: date 20240102",
    "patient account balance: $123456",
)  # fmt: skip
