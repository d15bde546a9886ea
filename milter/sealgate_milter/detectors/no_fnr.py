"""National identity numbers of Norway: date of birth, three digits and two check digits modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "no-fnr"
SENTENCE = "Norwegian national identity numbers: eleven digits, two of them checks, beside words such as fødselsnummer."
EXAMPLE = "fødselsnummer 110494 30096"


def valid(digits: bytes) -> bool:
    """Tell whether the date exists (D numbers add 40 to the day, others 40 to the month) and both checks are right."""
    if not day_exists(int(digits[4:6]), int(digits[2:4]) % 40, int(digits[:2]) % 40):
        return False
    first = weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1))
    second = weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    return first % 11 == 0 and second % 11 == 0


_NUMBERS = Numbers(
    shape=loose(6, 3, 2),
    valid=valid,
    cue=r"f[øo]dselsn(?:umme)?r|\bfnr\b|\bd-n(?:umme)?r|person ?n(?:umme)?r|norwegian id|national identity",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("fnr: 11049430096", "Personnummer 110494 30096", "fodselsnr 110494-30096", "11049430096 er fødselsnummeret")
SILENT = ("11049430096", "fnr 11049430097", "fnr 11549430096", "fnr tel 11049430096")
