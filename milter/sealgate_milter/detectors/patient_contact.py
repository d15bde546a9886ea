"""Telephone numbers, mail addresses and streets of patients, where the words before them say so."""

from collections.abc import Iterator

import re2

from sealgate_milter.detectors.match import Match

NAME = "patient-contact"
SENTENCE = "Telephone numbers, mail and street addresses that the words before them give as a patient's."
EXAMPLE = "Patient phone: (555) 010-4477"

_WHOSE = (
    r"(?:\b(?:patient|pt|insured|subscriber|beneficiary|guarantor|next of kin|emergency contact)(?:'s|’s)?"
    r"(?: (?:home|cell|mobile|work|contact|mailing|street|current|daytime|best))?"
    r"(?: (?:phone|telephone|tel|cell|mobile|number|contact|e-?mail|address|residence|lives at|resides at|"
    r"can be reached at|reachable at)){1,2}(?: (?:address|number|no|is))?"
    r"|\b(?:reach|call|contact|text) (?:the )?(?:patient|pt)(?: directly)?(?: at| on)?"
    r"|\b(?:home|cell|mobile|daytime) ?(?:phone|telephone|tel|address)?(?: number| no\.?| #)?[ \t]*:)"
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
_FOUND = re2.compile(rf"(?i:{_WHOSE})[ \t]*[:=#-]?[ \t]*\n?[ \t]*({_PHONE}|{_MAIL}|{_STREET})".encode())
GATE = rf"(?i:{_WHOSE})[ \t]*[:=#-]?[ \t]*\n?[ \t]*(?:{_PHONE}|{_MAIL}|{_STREET})"


def find(text: bytes) -> Iterator[Match]:
    """Yield every such number or address in `text` (normalised UTF-8)."""
    for match in _FOUND.finditer(text):
        start, end = match.span(1)
        yield Match(start, end, match[1].lower())


FIRES = (
    "Patient phone: (555) 210-4477", "Pt cell 555-210-4477", "patient's email: j.doe@mail.example",
    "Patient address: 14 Oak Hill Road", "please call the patient at 555-210-4477", "Home phone: 555 210 4477",
    "Next of kin contact number: +44 20 7946 0018", "Guarantor address\n1200 W Main St",
)  # fmt: skip
SILENT = (
    "phone: 555-210-4477", "Call us at 555-210-4477", "patient portal 555-210-4477", "info@clinic.example",
    "Patients may call 555-210-4477", "14 Oak Hill Road", "patient phone: to follow",
)  # fmt: skip
