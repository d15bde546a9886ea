"""US employer identification numbers (EIN): `12-3456789` or nine digits with a prefix the IRS gives, beside a cue."""

from sealgate_milter.detectors.numbers import Numbers

NAME = "us-ein"
SENTENCE = "US employer identification numbers (federal tax numbers) with an assigned prefix, beside words such as EIN."
EXAMPLE = "Our EIN is 12-3456789."

_NEVER = {b"%02d" % prefix for prefix in (0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97)}


def _valid(value: bytes) -> bool:
    return len(value) == 9 and value[:2] not in _NEVER and value[2:] != b"0000000"


_NUMBERS = Numbers(
    shape=r"[0-9]{2}[ ]?[-/. ]?\n?[ ]?[0-9]{7}",
    # `ein` is also one of the commonest German words.
    cue=r"(?-i:\b(?:F?EIN|FTIN|TIN)(?:s?\b|[#_]))|\bf?ein ?(?:[#:=]|no\b|num|is\b)|\be\.i\.n|_ein\b|\bfein\b|"
    r"employer(?:'?s)?[ _-]id|employer tax|fed(?:eral|\.)? (?:tax|id|employer|ein)|"
    r"\birs (?:tax |employer )?(?:id|no|number|ein)|"
    r"\b(?:business|company|corporate) (?:(?:tax|employer) (?:id|no|num)|ein)|"
    r"\btax[ _-]?(?:id|payer|identification|number|no\b)|taxpayer",
    valid=_valid,
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "EIN 12-3456789", "FEIN: 123456789", "employer identification number: 46-0123456", "Federal tax ID 12-3456789",
    "12-3456789 (EIN)", "Company;EIN;City\nAcme;12-3456789;Rome\nBeta;98-7654321;Bonn\n", "ein: 12-3456789",
    "company tax ID 12-3456789",
)  # fmt: skip
SILENT = (
    "12-3456789", "EIN 07-1234567", "EIN 12-0000000", "das ist ein 12-3456789", "EIN pending. Phone 12-3456789",
    "EIN 12-34567890", "Company no. 12-3456789", "Company number 123456789, registered in England",
    "business ID 12-3456789",
)  # fmt: skip
