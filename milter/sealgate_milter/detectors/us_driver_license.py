"""US driver's license numbers in the shapes that the states use, beside a cue.

Shapes are AAMVA's published ones; most states' carry no check digit, so that cue and shape are all there is to see.
"""

import re
from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import Numbers, compact

NAME = "us-driver-license"
SENTENCE = "US driver's license numbers in any state's shape, beside words such as driver's license or DL number."
EXAMPLE = "Driver's license D1234567, California"

_VALID = re.compile(
    rb"[0-9]{7,12}|[0-9]{14}"  # most states; Montana
    rb"|[A-Z][0-9]{5,14}|[A-Z]{2}[0-9]{5,7}|[A-Z]{3}[0-9]{6}"  # California to Wisconsin; Ohio; North Dakota
    rb"|[0-9]{2}[A-Z]{3}[0-9]{5}|[0-9]{3}[A-Z]{2}[0-9]{4}"  # New Hampshire; Iowa
    rb"|[A-Z]{2}[0-9]{6}[A-Z]|[A-Z][0-9][A-Z][0-9][A-Z]|[0-9]{7}[A-Z]|[A-Z][0-9]{18}"  # Idaho to New York
    rb"|[A-Z]{3}[A-Z0-9]{9}|WDL[A-Z0-9]{9}"  # Washington
)


def _valid(value: bytes) -> bool:
    digits = value.translate(None, bytes(range(65, 91)))
    return _VALID.fullmatch(value) is not None and len(digits) >= 2 and (len(set(digits)) > 1 or len(digits) < 5)


_NUMBERS = Numbers(
    shape=r"[A-Z]{1,3}[ -]?[0-9]{2,14}(?:[ -][0-9]{1,6}){0,5}|[0-9]{7,14}|[0-9]{2,3}[ -][0-9]{3}[ -][0-9]{3,4}|"
    r"[A-Za-z][0-9]{5,18}|[A-Za-z]{2,3}[0-9]{5,7}[A-Za-z]?|[0-9]{2,3}[A-Z]{2,3}[0-9]{4,5}|[A-Z][0-9][A-Z][0-9][A-Z]|"
    r"[0-9]{7}[A-Z]|[A-Z]{3}[A-Z0-9*]{9}",
    cue=r"driv(?:er|ing|ers)'?s?[ _-]?licen[sc]e|\bdriver'?s?[ _-]?(?:id|lic)\b|\bdln?\)?[ _-]?(?:no\b|num|#|:)|"
    r"(?-i:\b[A-Z]{2} DL\b)|\bdln\b|"
    r"\bd\.l\.|\boperator'?s? licen[sc]e|\bdmv (?:id|no|number|#)|_dl\b|drivers?_lic|\blicencia de conduc",
    valid=_valid,
    before=40,
    rivals=r"\b(?:phone|tel|fax|mobile|cell|call|invoice|order|ticket|case|zip|isbn|tracking|amount|total|usd|ssn|policy|"
    r"plate|vin|passport|dob|birth|born|date|exp\w*|issued|year|model|class|account|claim|fee|cost)\b|[$€£]|licen[sc]ing",
)
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
# Any license beside its state, but for those of trades and things.
_WITH_STATE = (
    rf"\b(?i:licen[sc]e(?: ?(?:number|num|no|nr)\b\.?| ?#)?(?: is)? ?:? ?)"
    rf"([A-Z]{{0,2}}[0-9]{{5,14}})(?:,? \(?|\()(?:{_STATES})\b"
)
_ISSUED = re2.compile(_WITH_STATE.encode())
_OTHERS = re.compile(
    rb"(?i)(?:software|business|liquor|contractor'?s?'?|product|dog|hunting|fishing|marriage|trade|site|user|enterprise|"
    rb"gun|firearm|broker'?s?|builder'?s?)[ -]\Z"
)
GATE = f"{_NUMBERS.gate}|{_WITH_STATE}"


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8)."""
    taken = set()
    for match in _NUMBERS.find(text):
        taken.add(match.start)
        yield match
    for found in _ISSUED.finditer(text):
        effort.step()
        start, end = found.span(1)
        value = compact(found[1])
        before = text[max(0, found.start() - 14) : found.start()]
        if start not in taken and not _OTHERS.search(before) and _valid(value):
            yield Match(start, end, value)


FIRES = (
    "Driver's license D1234567", "driver license number: 123456789", "DL# F255-921-50-094-0",
    "DLN: S1234 56789 01234", "DL: 12345678 TX", "drivers licence no. H123456789012", "driver_license=99999123",
    "WA driver's license WDLABCD456DG", "name|driver license|state\nAnn|D1234567|CA\n",
    "A1234567 is my driver's license", "license D4471902 (TX)", "License no. 12345678, OH", "his license: D4471902 TX",
)  # fmt: skip
SILENT = (
    "D1234567", "driver's license renewal fee $12345678", "a driver's license since 1998",
    "driver's license phone 5551234", "The driver's license is required for all 12 employees",
    "driver's license expires 2027-03-01", "software license 12345678", "driver's license 10-15-2024",
    "driver's license, Austin TX 78701-1234", "driver's licenses 2023 2024",
    "license D4471902", "software license D4471902 (TX)", "business license 12345678, CA", "license D4471902 (XQ)",
)  # fmt: skip
