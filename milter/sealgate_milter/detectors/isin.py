"""International securities identification numbers (ISO 6166).

Two letters, nine letters or digits and the Luhn digit. VAT numbers of some countries look the same and one in ten
passes, so that only those speak for themselves whose inner part (a CUSIP, or the zeros that fill a national number)
shows what they are; others count beside a cue.
"""

from collections.abc import Iterator

from sealgate_milter.detectors import cusip
from sealgate_milter.detectors.checksums import luhn
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import Numbers

NAME = "isin"
SENTENCE = "International securities identification numbers (ISIN) with a right check digit."
EXAMPLE = "ISIN US0378331005"

_PADDED = (b"GB00", b"IE00", b"DE000", b"FR00", b"NL00", b"CH0", b"AU000", b"ES0", b"IT000", b"LU0", b"SE0", b"NO00",
           b"DK00", b"FI0", b"BE0974", b"HK0000", b"XS0", b"XS1", b"XS2", b"INE", b"KYG", b"BMG")  # fmt: skip


def _valid(value: bytes) -> bool:
    return value[2:].strip(b"0") != b"" and luhn(b"".join(b"%d" % int(chr(octet), 36) for octet in value))


def _speaks(value: bytes) -> bool:
    if not _valid(value):
        return False
    return cusip.valid(value[2:11]) if value[:2] in (b"US", b"CA") else value.startswith(_PADDED)


_STRONG = Numbers(strong=r"\b(?:US|CA|GB|IE|DE|FR|NL|CH|AU|ES|IT|LU|SE|NO|DK|FI|BE|HK|XS|IN|KY|BM)[0-9A-Z]{9}[0-9]",
                  valid=_speaks)  # fmt: skip
_CUED = Numbers(
    shape=r"(?i:[A-Z]{2})[ -]?[0-9A-Za-z]{9}[ -]?[0-9]|(?i:[A-Z]{2})[0-9A-Za-z]{2}(?: [0-9A-Za-z]{4}){2}",
    cue=r"\bisin(?:s?\b|[#_0-9])|_isin\b|securities identification|\bsecurity (?:id|identifier|number|no)\b",
    valid=_valid,
)
GATE = f"{_STRONG.gate}|{_CUED.gate}"


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8)."""
    strong = list(_STRONG.find(text))
    yield from strong
    taken = {match.start for match in strong}
    yield from (match for match in _CUED.find(text) if match.start not in taken)


FIRES = (
    "ISIN US0378331005", "US5949181045", "DE0007164600", "isin: au0000xvgza3", "GB0002634946", "ISIN JP 3633400001",
    "Name;ISIN;Units\nSAP;DE0007164600;5\nToyota;JP3633400001;6\n",
)  # fmt: skip
SILENT = ("US0378331006", "DE0007164601", "PL1234567895", "BE0123456749", "JP3633400001", "ISIN US0378331001")
