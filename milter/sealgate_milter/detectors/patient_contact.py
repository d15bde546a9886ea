"""Telephone numbers, mail addresses and streets of patients, where the words before them say so."""

from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import wrapped

NAME = "patient-contact"
WEAK = True
SENTENCE = "Telephone numbers, mail and street addresses that the words before them give as a patient's."
EXAMPLE = "Patient phone: (555) 010-4477"

_WHOSE = (
    r"(?:\b(?:patient|pt|insured|subscriber|beneficiary|guarantor|next of kin|emergency contact)(?:'s|’s)?"
    r"(?: (?:home|cell|mobile|work|contact|mailing|street|current|daytime|best))?"
    r"(?: (?:phone|telephone|tel|cell|mobile|number|contact|e-?mail|address|residence|lives at|resides at|"
    r"can be reached at|reachable at)){1,2}(?: (?:address|number|no|is))?"
    r"|\b(?:reach|call|contact|text) (?:the )?(?:patient|pt)(?: directly)?(?: at| on)?"
    r"|\b(?:home|daytime) ?(?:phone|telephone|tel|address)(?: number| no\.?| #)?[ \t]*:)"
)
_PHONE = (
    r"(?:\+?1[-. ]?)?\(?[2-9][0-9]{2}\)?[-. ]{0,2}[0-9]{3}[-. ][0-9]{4}|\+[0-9][0-9 ()-]{7,18}[0-9]|"
    r"0[0-9]{3,4} [0-9]{5,7}"
)
_MAIL = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"
_STREET = (
    r"[0-9]{1,6}[A-Za-z]? (?:[NSEW]\.? )?(?:[A-Z0-9][A-Za-z0-9'.]* ){1,3}"
    r"(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Dr|Drive|Ct|Court|Way|Pl|Place|Ter|Terrace|Pkwy|Circle|Cir|"
    r"Hwy|Apt|Close|Crescent|Gardens)\b"
)
_VALUE = rf"(?:{_PHONE}|{_MAIL}|{_STREET})"
_SAYS = (
    r"\b(?:he|she|patient|pt|they|mother|father|mom|dad|daughter|son|wife|husband|his|her|their)"
    r"(?: (?:home|cell|mobile|work|current))?(?: (?:phone|telephone|number|cell|mobile|address|e-?mail))?"
    r"(?: number| address)? "
    r"(?:is|lives at|resides at|living at|can be reached (?:at|on)|is reachable (?:at|on)):?"
)
_LABEL = (
    r"(?:^|\n|[|;,\t] ?)[ \t>*]*(?:home |cell |mobile |contact |mailing |street |e-?mail )?"
    r"(?:phone|telephone|tel|cell|mobile|address|e-?mail)(?: number| no\.?| address| #)?[ \t]*[:=|\t]"
)
_FOUND = re2.compile(wrapped(rf"(?i:{_WHOSE}|{_SAYS})[ \t]*[:=#-]?[ \t]*\n?[ \t]*({_VALUE})").encode())
_LABELLED = re2.compile(rf"(?i:{_LABEL})[ \t]*\n?[ \t]*({_VALUE})".encode())
_PERSONAL = re2.compile(
    rb"(?i:\b(?:patient|pt|dob|d\.o\.b\.?|date of birth|birth ?date|age|sex|gender|mrn|insurance|member id|ssn|"
    rb"marital status|blood type|next of kin|emergency contact)(?: name| id)?[ \t]*[:=|\t])"
)
GATE = wrapped(rf"(?i:{_WHOSE}|{_SAYS}|{_LABEL})[ \t]*[:=#-]?[ \t]*\n?[ \t]*{_VALUE}")
BLOCK = 240
"""A label counts when a personal one stands within so many octets."""


def find(text: bytes) -> Iterator[Match]:
    """Yield every such number or address in `text` (normalised UTF-8)."""
    for match in _FOUND.finditer(text):
        effort.step()
        start, end = match.span(1)
        yield Match(start, end, match[1].lower())
    for match in _LABELLED.finditer(text):
        effort.step()
        start, end = match.span(1)
        if _PERSONAL.search(text, max(0, start - BLOCK), min(len(text), end + BLOCK)):
            yield Match(start, end, match[1].lower())


FIRES = (
    "Patient phone: (555) 210-4477", "Pt cell 555-210-4477", "patient's email: j.doe@mail.example",
    "Patient address: 14 Oak Hill Road", "please call the patient at 555-210-4477", "Home phone: 555 210 4477",
    "Age: 44\nPhone: 555-210-4477\n", "Address: 14 Oak Hill Road\nSex: F", "he lives at 14 Oak Hill Road",
    "her cell number is 555-210-4477", "Next of kin contact number: +44 20 7946 0018",
    "Guarantor address\n1200 W Main St",
)  # fmt: skip
SILENT = (
    "phone: 555-210-4477", "Helen Brandt, MD\nPhone: 555-210-4477\n", "Call us at 555-210-4477",
    "patient portal 555-210-4477", "info@clinic.example",
    "Patients may call 555-210-4477", "14 Oak Hill Road", "patient phone: to follow",
)  # fmt: skip
