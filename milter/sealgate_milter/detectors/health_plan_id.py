"""Numbers of health plans, claims, prescriptions and specimens, which every house shapes as it likes."""

import re
from collections.abc import Iterator

from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import Numbers

NAME = "health-plan-id"
WEAK = True
SENTENCE = "Member, subscriber, policy, claim, prescription, accession and visit numbers beside words that say so."
EXAMPLE = "Member ID: XYZ123456789"

_VALID = re.compile(rb"[A-Z]{0,5}[0-9][A-Z0-9]{4,18}")


def _valid(value: bytes) -> bool:
    return _VALID.fullmatch(value) is not None and sum(48 <= octet < 58 for octet in value) >= 5


_OF = r"(?:[ _-]?(?:id(?:entification)?(?:[ _-](?:number|no))?|number|num|no|nbr)\b\.?| ?[#:])"
_NUMBERS = Numbers(
    shape=r"[A-Z]{0,4}-?[0-9]{2,9}(?:[- ][A-Z0-9]{2,8}){1,3}|[A-Z]{0,5}-?[0-9][A-Za-z0-9]{4,15}",
    cue=r"\b(?:member|subscriber|sub|insured(?:'s)?|policy|policyholder|medicaid|medi-cal|insurance|health plan|"
    r"health card|health|plan|plan member|beneficiary|enrollee|recipient|claim|rx|prescription|accession|specimen|"
    r"encounter|visit|admission|account|acct|case|record|file|lab|sample|unit|ur|hosp\.|pt|client|auth|"
    r"referral|authorization|prior auth(?:orization)?|certificate|device serial|implant serial|aetna|anthem|bcbs|"
    r"blue cross|cigna|humana|kaiser|united healthcare|uhc|tricare|"
    rf"pacemaker serial|hospital account|har|csn|fin){_OF}",
    valid=_valid,
    before=28,
    after=0,
)
_BARE = Numbers(
    shape=r"#?[A-Z]{0,4}-?[0-9]{2,9}(?:-[A-Z0-9]{1,9}){1,3}|[A-Z]{0,4}[0-9]{6,14}[A-Z]?",
    cue=r"\b(?:claim|rx|prescription|patient|pt|chart|member|subscriber|policy|accession|authorization|referral|"
    r"medicaid|specimen|acct|csn|phn|chi|ohip|hicn?|urn|empi|pid|recipient|encounter|health number|chi number)[ :]",
    valid=_valid,
    before=1,
    after=0,
)
"""The same words right before a number, where nothing stands between."""
_PHONE = re.compile(rb"1?[ -]?[2-9][0-9]{2}[ -][0-9]{3}[ -][0-9]{4}")
_NUMBERED = re.compile(rb"(?i)(?:no\.?|number|num|#|id)[ :]*\Z")
GATE = f"{_NUMBERS.gate}|{_BARE.gate}"


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8) that is not written like a telephone number."""
    for match in (*_NUMBERS.find(text), *_BARE.find(text)):
        phone = _PHONE.fullmatch(text[match.start : match.end])
        if not phone or _NUMBERED.search(text[max(0, match.start - 12) : match.start]):
            yield match


FIRES = (
    "Member ID: XYZ123456789", "Subscriber # 882211334", "claim number 90881-2277 for", "fill Rx 6620198 today",
    "Policy no. 771-229-0045", "for patient 20019283", "HICN 123456789A", "Aetna ID W445566778",
    "UR number 445566", "PHN 9876543210", "hosp. no. K445566",
    "Accession 24-118-00371",
    "claim number 2024-118822", "Rx #: 7712345",
    "Accession No. S24-10233", "Medicaid ID AB12345C", "policy number is HX 8891234", "Acct #: 5550012345",
)  # fmt: skip
SILENT = (
    "insurance card. Questions: 555-210-8890",
    "Member ID: ______", "the claim number of patients", "policy no phone 5551234567", "XYZ123456789",
    "claim number 12", "visit us: 12 Main Street",
)  # fmt: skip
