"""Bank identifier codes (ISO 9362): bank, country and place in 8 or 11 capitals, directly behind a cue.

Many words have that shape, so nothing but a label may stand between.
"""

import re

from sealgate_milter.detectors.numbers import Numbers

NAME = "swift-bic"
SENTENCE = "SWIFT/BIC codes of banks, with an existing country, directly after words such as BIC or SWIFT code."
EXAMPLE = "BIC: DEUTDEFF500"

_COUNTRIES = frozenset(
    re.findall(
        r"\w\w",
        """
        AD AE AF AG AI AL AM AN AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BM BN BO BQ BR BS BT BW BY BZ
        CA CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR
        GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO
        JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MQ MR
        MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO
        RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW
        TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
        """,
    )
)
_WORDS = (b"REQUIRED", b"TRANSFER", b"DOCUMENT", b"PROVIDED", b"BUSINESS", b"ACCOUNTS", b"DOMESTIC")
_VALID = re.compile(rb"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")


def _valid(value: bytes) -> bool:
    return _VALID.fullmatch(value) is not None and value[4:6].decode() in _COUNTRIES and value not in _WORDS


_MARKS = r"[\s:#=(),/.*'\"-]*"
_LABEL = rf"{_MARKS}(?:(?:swift|bic|bank|codes?|number|no|id|is|of|address|identifier|and|or)\b{_MARKS}){{0,5}}"
_NUMBERS = Numbers(
    shape=r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?|"
    r"[A-Z]{4}[ -][A-Z]{2}[ -][A-Z0-9]{2}(?:[ -][A-Z0-9]{3})?",
    cue=r"\bswift\b|\bbic\b|\bswift_|\bbic_|bank identifier code|business identifier code|\bbic1?1?\b",
    valid=_valid,
    between=_LABEL,
    before=40,
    after=12,
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "BIC: DEUTDEFF500", "SWIFT code CHASUS33", "SWIFT/BIC NEDSZAJJXXX", "BIC DEUT DE FF", "COBADEFF (BIC)",
    "swift: BNPAFRPP", "Bank,BIC,City\nA,DEUTDEFF,Bonn\nB,COBADEFFXXX,Ulm\n",
)  # fmt: skip
SILENT = (
    "DEUTDEFF", "SWIFT TRANSFER REQUIRED", "BIC code deutdeff", "Swift programming in XCODE",
    "BIC pen, colour DEUTDEFF", "BIC DEUTQQFF", "a swift ANSWER", "SWIFT code required",
)  # fmt: skip
