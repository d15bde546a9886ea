"""Identity card numbers of Hong Kong: one or two letters, six digits, a check digit or A in brackets."""

from sealgate_milter.detectors.numbers import Numbers

NAME = "hk-id"
SENTENCE = "Hong Kong identity card numbers: A123456(3) with a right check digit beside words such as HKID."
EXAMPLE = "HKID A123456(3)"


def valid(value: bytes) -> bool:
    """Tell whether the check digit is right; a missing second letter counts as a space."""
    values = [int(chr(octet), 36) for octet in value]
    total = sum(number * (len(value) - place) for place, number in enumerate(values))
    return (total + (36 * 9 if len(value) == 8 else 0)) % 11 == 0


_NUMBERS = Numbers(
    shape=r"[A-Za-z]{1,2} ?[0-9]{6} ?(?:\([0-9Aa]\)|[0-9Aa])",
    valid=valid,
    cue=r"\bhkid|hong kong id|identity card|\bid (?:card|n(?:umber|o\b))|身[份分][證证]",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("HKID: a1234563", "Identity card no. AB987654(3)", "身份證號碼 A123456(3)")
SILENT = ("A123456(3)", "HKID A123456(4)", "HKID A1234563B", "see B123456(7)")
