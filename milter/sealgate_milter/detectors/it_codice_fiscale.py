"""Tax codes of Italy.

Six letters of the name, year, month letter, day (40 more for women), place of birth and a check letter; where two
people's would be the same, letters stand for digits. Sixteen characters so bound speak for themselves.
"""

from sealgate_milter.detectors.numbers import Numbers, apart

NAME = "it-codice-fiscale"
SENTENCE = "Italian tax codes (codice fiscale): sixteen characters with a right check letter."
EXAMPLE = "C.F. RSSMRA85T10A562S"

_DIGIT = "[0-9LMNPQRSTUV]"
_PLAIN = bytes.maketrans(b"LMNPQRSTUV", b"0123456789")
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def valid(value: bytes) -> bool:
    """Tell whether the day can be and the check letter is right."""
    # Words of sixteen letters have the shape, too; more than a few digits are never replaced.
    if sum(octet < 65 for octet in value) < 3 or not 1 <= int(value[9:11].translate(_PLAIN)) % 40 <= 31:
        return False
    places = [octet - 48 if octet < 65 else octet - 65 for octet in value[:15]]
    return (sum(_ODD[place] for place in places[::2]) + sum(places[1::2])) % 26 == value[15] - 65


_LETTER, _MONTH = "[A-Z]", "[ABCDEHLMPRST]"
_PARTS = (*[_LETTER] * 6, *[_DIGIT] * 2, _MONTH, *[_DIGIT] * 2, _LETTER, *[_DIGIT] * 3, _LETTER)
_NUMBERS = Numbers(
    shape=f"(?i:{apart(*_PARTS)})",
    cue=r"codice[ _]fiscale|\bc\.?f\b|cod\. ?fisc",
    strong=rf"(?i:[A-Z]{{3}} ?[A-Z]{{3}} ?{_DIGIT}{{2}}[ABCDEHLMPRST]{_DIGIT}{{2}} ?[A-Z]{_DIGIT}{{3}}[A-Z])",
    valid=valid,
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("RSSMRA85T10A562S", "rssmra85t10a562s", "RSS MRA 85T10 A562S", "RCCMNL83S18D969H", "RCCMNL83S18D96VW")
SILENT = (
    "RSSMRA85T10A562T", "RSSMRA85T79A562S", "RSSMRA85X10A562S", "XRSSMRA85T10A562S", "RSSMRA85T10A562S1",
    "testNormalReturn",
)  # fmt: skip
