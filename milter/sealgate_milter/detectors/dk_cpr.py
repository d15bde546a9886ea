"""Personal identification numbers of Denmark: date of birth and four digits, without a check digit since 2007."""

from sealgate_milter.detectors.dates import ddmmyy
from sealgate_milter.detectors.numbers import Numbers

NAME = "dk-cpr"
SENTENCE = "Danish personal identification numbers: a date and four digits beside words such as CPR-nummer."
EXAMPLE = "CPR-nummer 211062-5629"


_NUMBERS = Numbers(
    shape="[0-9]{6}[ -]?\n?[0-9]{4}",
    valid=ddmmyy,
    cue=r"\bcpr[ .-]?(?:n|:|[0-9])|(?-i:\bCPR\b)|centrale personregister|danish personal",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("CPR: 2110625629", "cpr-nr. 211062-5629", "211062-5629 (CPR)")
SILENT = ("211062-5629", "CPR 321062-5629", "CPR 211062-56290", "CPR training, call 211062-5629")
