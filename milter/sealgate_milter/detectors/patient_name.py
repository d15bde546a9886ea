"""Names of patients where a label says so: `Patient: Jane Doe`, `our patient Jane Doe`, a block of personal data."""

from collections.abc import Iterator

from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.names import FULL, TITLE, People
from sealgate_milter.detectors.numbers import wrapped

NAME = "patient-name"
SENTENCE = "Names of patients after a label such as Patient, or in a block with age, sex or diagnosis."
EXAMPLE = "Patient: Jane Doe"
WEAK = True

_PATIENT = (
    r"(?i:\b(?:patient|patientin|patiente|paciente|pt|pat\.|newborn)(?:'s|’s)?"
    r"(?:[ _-](?:full|legal|first and last|last)?[ _-]?name)?(?: (?:information|info|details))?"
    r"|\bname of (?:the )?patient)"
)
_LABELLED = (
    rf"(?:{_PATIENT}[ \t]*(?:[:=|]|\bis\b|-[ \t])[ \t|]*\n?|"
    r"(?i:\b(?:patient|pat\.|pt\.?)(?:'s|’s)?[ _-]name[ \t]*[\t\n]))[ \t\n]*"
    rf"(?:{TITLE} ?|Frau |Herrn? |Mme |M\. |Sra?\. )?({FULL})"
)
_OURS = (
    r"\b(?i:our|your|my|mutual|shared) (?i:new |former |longtime )?(?i:patient|pt)(?: named)?,? "
    rf"(?:{TITLE} )?({FULL})"
)
_BLOCK = (
    rf"(?im:^[ \t>*]*(?:full |legal )?name[ \t]*[:=|\t][ \t]*)({FULL})(?-i:[^\n]{{0,40}})\n(?:[^\n]{{0,80}}\n){{0,4}}?"
    r"(?im:[ \t>*]*(?:age|sex|gender|dob|d\.o\.b|date of birth|birth date|mrn|date of (?:visit|service|admission|exam)|"
    r"diagnosis|dx|chief complaint|complaint|reason for visit|symptoms|allergies|medications?|insurance|referring|"
    r"procedure|blood type|height|weight)[ \t]*[:=|\t])"
)
_PEOPLE = People(_LABELLED, _OURS, _BLOCK, known=False)
GATE = wrapped(
    rf"{_PATIENT}[ \t]*(?:[:=|\n\t]|\bis\b|-)|\b(?i:our|your|my|mutual|shared) (?:[a-z]+ )?(?i:patient|pt)\b|"
    r"(?im:^[ \t>*]*(?:full |legal )?name[ \t]*[:=|\t])",
    classes=False,
)


def find(text: bytes) -> Iterator[Match]:
    """Yield every name in `text` (normalised UTF-8)."""
    return _PEOPLE.find(text)


FIRES = (
    "Patient: Jane Doe", "Patient Name: SMITH, JOHN", "Patient Name\n Jane Doe\n", "Patient name is Maria de la Cruz.",
    "Pt: O'Brien, Sean", "our patient Maria Lopez", "Name of patient: Wei Zhang", "Name: Wei Zhang\nAge: 44\n",
    "\n\tName\tWei Zhang\n\n\tAge\t44\n",
    "my new patient Xyla Qorrik", "Patient | Anna Kowalska", "Pat. Name: Vera Lindqvist",
    "Patiente : Mme Claire Fontaine",
)  # fmt: skip
SILENT = (
    "Patient: please bring your card", "Patient Name: ____", "the patient is a 54-year-old man", "Patient Care Manager",
    "patient First Health Plan", "PATIENT NAME: XYZ", "Patient Portal is here", "Name: Wei Zhang\nPhone: 555",
    "your patient Care Team", "Client: Jane Doe", "patient: Robert King, MD",
)  # fmt: skip
