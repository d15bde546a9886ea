"""US national provider identifiers (NPI).

Ten digits that begin with 1 or 2, with the Luhn digit over the number behind the prefix 80840. As many phone numbers
pass that, they count only beside a cue.
"""

from sealgate_milter.detectors.checksums import luhn
from sealgate_milter.detectors.numbers import Numbers, either

NAME = "us-npi"
SENTENCE = "US national provider identifiers, ten digits with a right check digit, beside words such as NPI."
EXAMPLE = "Provider NPI 1234567893"


def _valid(value: bytes) -> bool:
    return len(value) == 10 and value[:1] in b"12" and luhn(b"80840" + value)


_NUMBERS = Numbers(
    shape=either((10,), (3, 3, 4), (4, 3, 3), (5, 5), (4, 4, 2), (2, 4, 4), (1, 4, 5), (1, 3, 3, 3)),
    cue=r"\bnpi|npi\b|national provider|\b(?:provider|prescriber|physician|practitioner|nppes)'?s?"
    r"[ _-]?(?:id|number|no\b|num\b|#|identif|npi)|\bnppes\b",
    valid=_valid,
    rivals=r"\b(?:tel|telephone|phone|fax|mobile|cell|call|order|invoice|tracking|account|zip|mrn)\b",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "NPI 1234567893", "NPI: 1245319599", "NPI#1234567893", "NPI1234567893", "npi=1234567893",
    "provider id 1234567893", "National Provider Identifier (NPI): 1234567893", "1234567893 (NPI)",
    "NPIs 1234567893, 1245319599", "Physician,NPI,Phone\nDr. Ann,1234567893,555-0100\nDr. Bob,1245319599,555-0101\n",
    "NPI 123-456-7893", '{"provider_npi": "1234567893"}', "NPI: 12345\n67893",
)  # fmt: skip
SILENT = (
    "1234567893", "NPI 1234567890", "NPI 3234567893", "NPI 12345678931", "call 1234567893",
    "NPI on file. Phone 1234567893",
)  # fmt: skip
