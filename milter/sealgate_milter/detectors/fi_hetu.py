"""Personal identity codes of Finland: date of birth, a sign of the century, three digits and a check character.

With a letter at its end the code speaks for itself; with a digit it looks like a date and a number.
"""

from sealgate_milter.detectors.dates import ddmmyy
from sealgate_milter.detectors.numbers import Numbers

NAME = "fi-hetu"
SENTENCE = "Finnish personal identity codes: 131052-308T anywhere, those that end in a digit beside words such as hetu."
EXAMPLE = "131052-308T"


def valid(value: bytes) -> bool:
    """Tell whether the date exists and the check character is right."""
    return ddmmyy(value) and value[-1] == b"0123456789ABCDEFHJKLMNPRSTUVWXY"[int(value[:6] + value[-4:-1]) % 31]


_NUMBERS = Numbers(
    shape="[0-9]{6}[-+A-FU-Ya-fu-y][0-9]{3}[0-9A-Ya-y]",
    strong="[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[A-Y]",
    valid=valid,
    cue=r"\bhetu|henkil[öo]tunnu|personbeteckning|\bsotu|identity code|finnish personal",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("131052-308T", "131052A308T", "hetu: 010101-1031", "henkilötunnus 131052-308t")
SILENT = ("131052-308U", "010101-1031", "hetu 010101-1032", "321352-308T", "1131052-308T", "hetu 131052-308TT")
