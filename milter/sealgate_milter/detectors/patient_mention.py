"""Names beside what is said of patients only: `is a 54-year-old`, `was admitted`, `'s lab results`.

Weaker than a label: a title (`Mrs. Ellis`) or a usual given name must be in it, and rules want more words of health
near it.
"""

from collections.abc import Iterator

from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.names import FULL, PERSON, TITLE, UPPER, WORD, People
from sealgate_milter.detectors.numbers import wrapped

NAME = "patient-mention"
SENTENCE = "Names of people beside words said of patients only, or labelled as client, member or insured."
EXAMPLE = "Mrs. Ellis was admitted on Monday"
WEAK = True

_LABEL = (
    r"(?i:\b(?:client|resident|member|insured|subscriber|beneficiary|enrollee|claimant|decedent|applicant|employee|"
    r"student|caller|person)(?:'s|’s)?(?:[ _-](?:full|legal|last)?[ _-]?name)?"
    r"|\bname of (?:the )?(?:insured|member|subscriber|claimant))"
)
_LABELLED = rf"{_LABEL}[ \t]*(?:[:=|]|-[ \t])[ \t|]*\n?[ \t\n]*(?:{TITLE} ?)?({FULL})"
_CELL = (
    r"(?i:(?:\A|\n)[ \t]*(?:patient|pt|client|resident|insured)(?: name)?[ \t]*[\t\n])[ \t\n]*"
    rf"((?:{TITLE} )?{FULL})"
)
_CALLED = rf"\b(?i:patient|pt|client|resident|employee|student)\.?(?: named)?,? ({PERSON}|{FULL})"
HEALTH = (
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
    rf"((?:{TITLE} )(?:{WORD} )?{WORD}|{WORD}(?: {WORD})?)"
    rf"(?i:[ \t]*[,:.!-][^\0]{{0,200}}?\byour (?:[a-z0-9-]+ ){{0,3}}){HEALTH}"
)
_SAID = (
    r"(?:, [0-9]{1,5} [A-Z][a-z]+ (?:[A-Z][a-z]+ )?(?:Lane|Street|St|Road|Rd|Ave|Avenue|Drive|Dr|Court|Way|Place)\b|"
    r" (?:about|regarding|concerning) (?:his|her|their) |"
    r",? (?:who )?(?:is|was) (?:an?|our|your) ?[0-9]{1,3}[- ]|,? (?:an?|aged?|age) ?[0-9]{1,3}[- ]?(?:y|,|\b)|"
    r",? \(?(?:age |aged )?[0-9]{1,3}[- ]?(?:yo\b|y/o|year|[MF]\b|male|female)|"
    r"(?:,|, who)?(?: has| had| have)?(?: been| was| is| being)? (?:recently |previously |again |just |also )?"
    r"(?:seen|admitted|diagnosed|discharged|evaluated|examined|hospitali[sz]ed|prescribed|referred|treated|intubated|"
    r"scheduled for (?:an? )?(?:surg|procedure|biops|colon|mri|ct)|"
    r"due for (?:an? |her |his )?(?:follow|screen|colon|mammo))|"
    r" (?:needs (?:an?|his|her|their|another|to (?:stop|start|take|come)) |has an? (?:appointment|follow)|"
    r"is (?:scheduled|due|overdue|booked) for|present(?:s|ed) (?:with|to|for|today|complain)|underwent|"
    r"complain(?:s|ed) of|denie[sd]|tolerated|returns|"
    r"returned to (?:the )?clinic|"
    r"suffers|suffered|came in|called (?:about|in|to report|with)|(?:reports|reported|states|"
    r"complains) (?:that|no |some |"
    r"pain|feeling|having|being|her |his |increas|worse|new |severe|mild)|takes |had (?:a|an|her|his|two|"
    r"another|surgery) |"
    r"tested (?:positive|negative)|came in (?:today|for|with)|"
    r"(?:has|had) (?:an? (?:history|allergy|fever|rash|seizure|stroke|cough|infection|fracture|fall|heart|severe|new)|"
    r"type|stage|chronic|acute|severe|mild|been (?:on|off|having|feeling)|no )|lives (?:alone|with|at)|fell\b|"
    r"is (?:on|off|not tolerating|unable|refusing|confused|febrile|stable|intubated|septic) |"
    r"is (?:allergic|pregnant|on (?:a )?dialysis|taking|recovering|being treated)|takes [a-z]+ ?[0-9]* ?mg))"
)
_OWNED = rf"(?:'s|’s|s') (?:[a-z0-9-]+ ){{0,2}}{HEALTH}"
_ACTED = (
    r"\b(?i:evaluation of|assessment of|review of|treatment of|care plan for|interview with|interviewed|"
    r"assessed|counsell?ed|operated on|saw|seen|seeing|"
    r"see|examined|evaluated|evaluating|treated|treating|admitted|referring|referred|refer|"
    r"referral of|discharged|follow(?:ed|ing)?[ -]?up (?:on|with|for)|caring for|care of|visit with|"
    r"consult(?:ation)? (?:on|for)|"
    r"records (?:for|of)|regarding|concerning|"
    r"schedule|scheduling|reschedule|book|booking|register|remind|prep|admit|appointment (?:for|of|with)|visit of|"
    r"(?:dosing|authorization|transport|orders?|diet|plan of care) for)"
)
_ABOUT = (
    rf"({PERSON}|{UPPER} (?:[A-Z]\.? )?{UPPER}){_SAID}",
    rf"({TITLE} (?:{WORD} )?{WORD}), [0-9]{{1,3}}, ",
    rf"({WORD}) (?:is|was) an? [0-9]{{1,3}}[- ]?(?:y|month|week|day)",
    rf"({PERSON}){_OWNED}",
    rf"{_ACTED} (?:our |your |my )?({PERSON})",
    rf"(?im:^[ \t>*]*(?:re ?:|(?:full |legal )?name[ \t]*[:=|\t])[ \t]*)({PERSON}|{FULL})",
    rf"{HEALTH} (?:for|of|on) (?:our |your |my )?(?:patient |pt )?({PERSON})",
)
_PEOPLE = People(_LABELLED, _CELL, _CALLED, _GREETED, *_ABOUT, known=True)
GATE = wrapped(
    # A greeting far before what it greets for would make the gate's automaton large.
    "|".join((_LABELLED, _CELL, _CALLED, *_ABOUT, rf"(?i:\byour (?:[a-z0-9-]+ ){{0,3}}){HEALTH}")),
    classes=False,
)


def find(text: bytes) -> Iterator[Match]:
    """Yield every name in `text` (normalised UTF-8)."""
    return _PEOPLE.find(text)


FIRES = (
    "Client\n Jane Doe\n", "Client: Jane Doe", "Mrs.\n> Ellis was\nadmitted", "Mr. Chen presented with chest pain",
    "Thank you for referring Mrs. Ellis to the clinic", "Robert King is a 54-year-old man with gout",
    "attached are Susan Miller's lab results", "lab results for Susan Miller", "I saw Ms. Priya Patel in clinic",
    "Dear Mrs. Grant, your LDL is 191", "Renee Talbot's viral load", "JOHN DOYLE is a 45-year-old man",
    "Emma is a 6-year-old", "Jane Doyle, 45F, with fever", "schedule John Abbott for an MRI",
    "Mrs. Jones was admitted on Monday", "Insured's Name: Karen O'Neil", "the patient, Mr. Smith, is",
    "Mrs. Opal Jennings, 14 Birch Lane, lives", "warfarin dosing for Tom Baker", "Aiden Clarke has type 1 diabetes",
    "Pt. Alfred Simms refused", "evaluation of Mr. Nathan Cole", "I assessed Miss Freya Nilsson",
    "RE: Mrs. Mary Jones", "Name: John Smith",
    "John Smith called about his refill", "Spoke with Gloria Estrada about her surgery",
)  # fmt: skip
SILENT = (
    "the patient is a 54-year-old man", "Patient Care Manager", "Mr. ABC is a 60-year-old", "patient First Health Plan",
    "Patient Portal is here", "referred to the care of Robert King, MD", "see Nurse Mary Jones for refills",
    "Jane Doe wrote", "Mr. Chen presented the budget", "Dear Mr. Smith, your order is on its way", "book Room Four",
    "results for Last Quarter", "the Board's health plan",
)  # fmt: skip
