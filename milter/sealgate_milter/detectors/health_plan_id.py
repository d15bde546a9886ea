"""Numbers that health plans, pharmacies and laboratories give, which every house shapes as it likes."""

from collections.abc import Iterator

from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.references import References

NAME = "health-plan-id"
SENTENCE = "Member, subscriber, prescription, accession and authorization numbers beside words that say so."
EXAMPLE = "Member ID: XYZ123456789"
WEAK = True

_NUMBERED = (
    r"member|subscriber|sub|insured(?:'s)?|policyholder|medicaid|medi-cal|health plan|health card|health|plan member|"
    r"beneficiary|enrollee|recipient|rx|prescription|accession|specimen|encounter|hosp\.|pt|ur|auth|authorization|"
    r"prior auth(?:orization)?|device serial|implant serial|pacemaker serial|hospital account|har|csn|fin|"
    r"aetna|anthem|bcbs|blue cross|cigna|humana|kaiser|united healthcare|uhc|tricare"
)
_BARE = (
    r"rx|prescription|patient|pt|chart|member|subscriber|accession|authorization|medicaid|specimen|csn|phn|chi|ohip|"
    r"hicn?|urn|empi|pid|recipient|encounter|health number|chi number"
)
_NUMBERS = References(_NUMBERED, _BARE)
GATE = _NUMBERS.gate


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8)."""
    return _NUMBERS.find(text)


FIRES = (
    "Member ID: XYZ123456789", "Subscriber # 882211334", "Rx #: 7712345", "fill Rx 6620198 today",
    "Accession No. S24-10233", "Accession 24-118-00371", "Medicaid ID AB12345C", "for patient 20019283",
    "HICN 123456789A", "Aetna ID W445566778", "UR number 445566", "PHN 9876543210", "hosp. no. K445566",
    "Prior authorization # 88120034",
)  # fmt: skip
SILENT = (
    "Member ID: ______", "XYZ123456789", "visit us: 12 Main Street", "insurance card. Questions: 555-210-8890",
    "policy number 5512093", "member 12", "patient 03-14-2024", "encounter: 2024-03-14",
)  # fmt: skip
