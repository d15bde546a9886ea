"""Names of patients: a name where a label, a title or the words around it say that it is a patient's.

`Patient: Jane Doe` speaks for itself. Without a label, a known given name or a title (`Mrs. Ellis`) must stand beside
what is said of patients only: `is a 54-year-old`, `was admitted`, `'s lab results`.
"""

import functools
import re
from collections.abc import Iterator

import re2

from sealgate_milter import lexicon
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import wrapped

NAME = "patient-name"
SENTENCE = "Names of patients: after a label such as Patient, or beside words said of patients only."
EXAMPLE = "Patient: Jane Doe"

_WORD = r"[A-Z](?:[a-z]{1,20}|['’][A-Z][a-z]{1,20}|[a-z]{1,3}[A-Z][a-z]{1,20})(?:-[A-Z][a-z]{1,20})?"
_UPPER = r"[A-Z]{2,20}(?:-[A-Z]{2,20})?"
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Master|Baby)\.?"
_FULL = (
    rf"(?:{_WORD}(?: [A-Z]\.?| {_WORD})? (?:(?:de|la|del|van|von|der|da|dos|bin|al) ){{0,2}}{_WORD}|"
    rf"{_WORD}, ?{_WORD}(?: [A-Z]\b\.?)?|{_UPPER}, ?{_UPPER}|{_UPPER}, ?{_WORD}|{_UPPER} (?:[A-Z]\.? )?{_UPPER})"
)
_PATIENT = (
    r"(?i:\b(?:patient|pt|client|resident|member|insured|subscriber|beneficiary|enrollee|claimant|decedent|newborn)"
    r"(?:'s|’s)?(?:[ _-](?:full|legal|first and last|last)?[ _-]?name)?(?: (?:information|info|details))?"
    r"|\bname of (?:the )?(?:patient|insured|member|subscriber|claimant))"
)
_LABELLED = (
    rf"(?:{_PATIENT}[ \t]*(?:[:=|]|\bis\b|-[ \t])[ \t|]*\n?|"
    r"(?i:\bpatient(?:'s|’s)?[ _-]name[ \t]*[\t\n]))[ \t\n]*"
    rf"(?:{_TITLE} ?)?({_FULL})"
)
_CELL = (
    r"(?i:(?:\A|\n)[ \t]*(?:patient|pt|client|resident|insured)(?: name)?[ \t]*[\t\n])[ \t\n]*"
    rf"((?:{_TITLE} )?{_FULL})"
)
_OURS = (
    r"\b(?i:our|your|my|mutual|shared) (?i:new |former |longtime )?(?i:patient|pt|client)(?: named)?,? "
    rf"(?:{_TITLE} )?({_FULL})"
)
_CALLED = rf"\b(?i:patient|pt)(?: named)?,? (?:{_TITLE} )?({_FULL})"
_BLOCK = (
    rf"(?im:^[ \t>*]*(?:full |legal )?name[ \t]*[:=|][ \t]*)({_FULL})(?-i:[^\n]{{0,40}})\n(?:[^\n]{{0,80}}\n){{0,3}}?"
    r"(?im:[ \t>*]*(?:age|sex|gender|dob|d\.o\.b|date of birth|birth date|mrn|date of (?:visit|service|admission|exam)|"
    r"diagnosis|dx|chief complaint|complaint|reason for visit|symptoms|allergies|medications?|insurance|referring|"
    r"procedure|blood type|height|weight)[ \t]*[:=|])"
)
_HEALTH = (
    r"(?i:a1c|admission|allerg\w+|anxiety|asthma|biopsy|biopsies|blood|bmi|bone|bp|cancer|cast|catheter|chart|"
    r"chemo\w*|cholesterol|ckd|colonoscopy|condition|copd|cough|cpap|creatinine|crown|ct|culture|cytology|"
    r"delivery|dentures?|depression|dexa|diabetes|diagnos[ei]s|dialysis|discharge|dosage|dose|drain|due date|"
    r"echo\w*|eeg|egfr|ekg|ecg|fever|fracture|glasses|glucose|hba1c|health|hearing|heart|hematocrit|hemoglobin|"
    r"hip|holter|hormone|imaging|implants?|incision|infection|infusion|inhaler|injections?|injury|injuries|inr|"
    r"insulin|kidneys?|knee|labs?|ldl|lesion|lfts|lipid|liver|lungs?|mammogram|mass|medical|medications?|meds|mri|"
    r"nodule|operation|oxygen|pacemaker|pain|pap|pathology|pet|platelets?|port|potassium|pregnancy|prescriptions?|"
    r"procedure|prognosis|psa|pulse|radiation|rash|recovery|refills?|rehab|renal|results?|sats|scan|scans|"
    r"seizures?|sleep study|sodium|specimen|stent|stitches|stool|stress test|stroke|sugar|surgery|sutures|swab|"
    r"symptoms|temperature|tests?|therapy|thyroid|treatment|troponin|tsh|tumou?r|ultrasound|urine|vaccin\w+|"
    r"viral load|vitals|white count|wound|x-?rays?|illness|hypertension|surgical)\b"
)
_GREETED = (
    rf"(?i:\b(?:dear|hello|hi|good (?:morning|afternoon|evening)))[ ,]+"
    rf"((?:{_TITLE} )(?:{_WORD} )?{_WORD}|{_WORD}(?: {_WORD})?)"
    rf"(?i:[ \t]*[,:.!-][^\0]{{0,200}}?\byour (?:[a-z0-9-]+ ){{0,3}}){_HEALTH}"
)
_SAID = (
    r"(?:,? (?:who )?(?:is|was) (?:an?|our|your) ?[0-9]{1,3}[- ]|,? (?:an?|aged?|age) ?[0-9]{1,3}[- ]?(?:y|,|\b)|"
    r",? \(?(?:age |aged )?[0-9]{1,3}[- ]?(?:yo\b|y/o|year|[MF]\b|male|female)|"
    r"(?:,|, who)?(?: has| had| have)?(?: been| was| is| being)? (?:recently |previously |again |just |also )?"
    r"(?:seen|admitted|diagnosed|discharged|evaluated|examined|hospitali[sz]ed|prescribed|referred|treated|intubated|"
    r"scheduled for (?:an? )?(?:surg|procedure|biops|colon|mri|ct)|"
    r"due for (?:an? |her |his )?(?:follow|screen|colon|mammo))|"
    r" (?:needs (?:an?|his|her|their|another|to (?:stop|start|take|come)) |has an? (?:appointment|follow)|"
    r"is (?:scheduled|due|overdue|booked) for|present(?:s|ed) (?:with|to|for|today|complain)|underwent|"
    r"complain(?:s|ed) of|denie[sd]|tolerated|returns|"
    r"returned to (?:the )?clinic|"
    r"suffers|suffered|tested (?:positive|negative)|came in (?:today|for|with)|(?:has|had) an? (?:history|allergy)|"
    r"is (?:allergic|pregnant|on (?:a )?dialysis|taking|recovering|being treated)|takes [a-z]+ ?[0-9]* ?mg))"
)
_OWNED = rf"(?:'s|’s|s') (?:[a-z0-9-]+ ){{0,2}}{_HEALTH}"
_ACTED = (
    r"\b(?i:saw|seen|seeing|see|examined|evaluated|evaluating|treated|treating|admitted|referring|referred|refer|"
    r"referral of|discharged|follow(?:ed|ing)?[ -]?up (?:on|with|for)|caring for|care of|visit with|"
    r"consult(?:ation)? (?:on|for)|"
    r"results? (?:for|of|on)|labs? (?:for|on)|prescription for|refill for|chart (?:for|of)|records (?:for|of)|"
    r"schedule|scheduling|reschedule|book|booking|register|remind|prep|admit|appointment (?:for|of|with)|visit of|"
    r"diagnosis (?:for|of)|scan (?:for|of)|mri (?:for|of)|authorization for|surgery (?:for|on)|biopsy (?:for|of))"
)
_PERSON = rf"(?:{_TITLE} (?:{_WORD} )?(?:[A-Z]\. )?{_WORD}|{_WORD} (?:[A-Z]\.? )?{_WORD})"


def _compiled(*patterns: str) -> tuple["re2._Regexp[bytes]", ...]:
    return tuple(re2.compile(wrapped(pattern, classes=False).encode()) for pattern in patterns)


_STRONG = _compiled(_LABELLED, _OURS, _BLOCK)
_WEAK = _compiled(
    _CELL,
    _CALLED,
    _GREETED,
    rf"({_PERSON}|{_UPPER} (?:[A-Z]\.? )?{_UPPER}){_SAID}",
    rf"({_WORD}) (?:is|was) an? [0-9]{{1,3}}[- ]?(?:y|month|week|day)",
    rf"({_PERSON}){_OWNED}",
    rf"{_ACTED} (?:our |your |my )?({_PERSON})",
)
GATE = wrapped(
    rf"{_PATIENT}[ \t]*(?:[:=|\n\t]|\bis\b|-)|\b(?i:patient|pt|client),? (?i:named )?[A-Z]|"
    r"(?im:^[ \t>*]*(?:full |legal )?name[ \t]*[:=|])|"
    rf"{_TITLE} [A-Z]|(?:{_WORD}|{_UPPER}) (?:[A-Z]\.? )?(?:{_WORD}|{_UPPER})(?:{_SAID}|{_OWNED})|"
    rf"{_WORD} (?:is|was) an? [0-9]|{_ACTED} (?:our |your |my )?[A-Z]|"
    r"(?i:\b(?:dear|hello|hi|good (?:morning|afternoon|evening)))[ ,]+[A-Z]",
    classes=False,
)

_BEFORE = re.compile(rb"(?i)\b(?:dr|drs|doctor|prof|professor|nurse|sister|attorney|officer|rev|judge)\.?,? \Z")
_AFTER = re.compile(
    rb",? ?(?:M\.?D|D\.?O|R\.?N|L\.?P\.?N|Ph\.?D|N\.?P|P\.?A(?:-C)?|F\.?A\.?C\.?[SCP]|D\.?D\.?S|D\.?M\.?D|LCSW|Psy\.?D|"
    rb"MPH|MBA|Esq|CRNA|FRCS|FRCP|MBBS|Pharm\.?D|OTR|DPT|CPA)\b"
)
_NOBODY = frozenset(
    b"""name names none unknown please dear phone address date birth account number care first portal services service
    access health safety advocate experience relations information info registration financial education satisfaction
    engagement centered bill rights id identifier initials signature consent form forms history summary required here
    not see the this that has is was was john_doe test sample example redacted confidential abc xyz insurance plan
    medical center clinic hospital medicine data record records status type visit room bed age sex gender mrn dob ssn
    to be tbd na n/a first last middle full legal current new returning all any each every my our your their his her
    member members support team monday tuesday wednesday thursday friday saturday sunday january february march
    april may june july august september october november december doctor nurse surgery diagnosis
    treatment therapy chart results""".split()
)


@functools.cache
def _given() -> frozenset[bytes]:
    return frozenset(name.encode() for name in lexicon.read(lexicon.SHIPPED / "given-names.txt"))


def find(text: bytes) -> Iterator[Match]:
    """Yield every name in `text` (normalised UTF-8)."""
    for patterns, known in ((_STRONG, False), (_WEAK, True)):
        for pattern in patterns:
            for match in pattern.finditer(text):
                start, name = match.start(1), _on_its_line(match[1])
                if _somebody(name, known) and not _carer(text, start, start + len(name)):
                    yield Match(start, start + len(name), _value(name))


def _on_its_line(name: bytes) -> bytes:
    """Return `name` without a word of the next line, where it is whole without it."""
    line = name.partition(b"\n")[0].rstrip()
    return line if b" " in line else name


def _somebody(name: bytes, known: bool) -> bool:
    """Tell whether a name is a person's; `known` asks for a title or a usual given name."""
    words = re.findall(rb"[a-z]+", name.lower())
    if any(word in _NOBODY for word in words):
        return False
    titled = words[0] in (b"mr", b"mrs", b"ms", b"miss", b"mx", b"master", b"baby")
    if titled:
        return len(words) > 1 and len(words[-1]) > 2
    return not known or any(word in _given() for word in words)


def _carer(text: bytes, start: int, end: int) -> bool:
    """Tell whether a title before or a degree after the name makes it a doctor's or nurse's."""
    return _BEFORE.search(text[max(0, start - 14) : start]) is not None or _AFTER.match(text, end) is not None


def _value(name: bytes) -> bytes:
    return b" ".join(re.findall(rb"[a-z]+", name.lower()))


FIRES = (
    "Patient: Jane Doe", "Patient Name: SMITH, JOHN", "Patient Name\n Jane Doe\n", "Client\n Jane Doe\n",
    "Mrs.\n> Ellis was\nadmitted",
    "Patient name is Maria de la Cruz.", "Pt: O'Brien, Sean",
    "our patient Maria Lopez", "Name of patient: Wei Zhang", "Mr. Chen presented with chest pain",
    "Thank you for referring Mrs. Ellis to the clinic", "Robert King is a 54-year-old man with gout",
    "attached are Susan Miller's lab results", "lab results for Susan Miller", "I saw Ms. Priya Patel in clinic",
    "Dear Mrs. Grant, your LDL is 191", "Renee Talbot's viral load", "JOHN DOYLE is a 45-year-old man",
    "Emma is a 6-year-old",
    "Jane Doyle, 45F, with fever", "Name: Wei Zhang\nAge: 44\n",
    "my new patient Xyla Qorrik",
    "schedule John Abbott for an MRI",
    "Patient | Anna Kowalska", "Mrs. Jones was admitted on Monday", "Insured's Name: Karen O'Neil",
)  # fmt: skip
SILENT = (
    "Patient: please bring your card", "Patient Name: ____", "the patient is a 54-year-old man", "Patient Care Manager",
    "Mr. ABC is a 60-year-old", "patient First Health Plan", "PATIENT NAME: XYZ",
    "Patient Portal is here", "referred to the care of Robert King, MD", "see Nurse Mary Jones for refills",
    "Jane Doe wrote", "Mr. Chen presented the budget",
    "Name: Wei Zhang\nPhone: 555", "Dear Mr. Smith, your order is on its way", "your patient Care Team",
    "book Room Four",
    "results for Last Quarter", "the Board's health plan",
)  # fmt: skip
