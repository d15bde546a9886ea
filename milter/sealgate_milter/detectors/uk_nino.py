"""National Insurance numbers of the United Kingdom.

Two letters, three pairs of digits, a letter A to D; some letters and pairs of letters are never given out. In pairs it
speaks for itself, written together it looks like a part number. QQ is what the tax office uses in its examples.
"""

from sealgate_milter.detectors.numbers import Numbers, apart

NAME = "uk-nino"
SENTENCE = "UK National Insurance numbers: AB 12 34 56 C anywhere, AB123456C beside words such as NI number."
EXAMPLE = "My NI number is AB 12 34 56 C."

_NEVER = (b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ")


def valid(value: bytes) -> bool:
    """Tell whether the letters of a number of the right shape can stand there."""
    if value[:2] == b"QQ":
        return True
    return value[:2] not in _NEVER and value[0] not in b"DFIQUV" and value[1] not in b"DFIOQUV"


_NUMBERS = Numbers(
    shape=apart(*["[A-Za-z]"] * 2, *["[0-9]"] * 6, "[A-Da-d]"),
    strong="[A-Z]{2} [0-9]{2} [0-9]{2} [0-9]{2} [A-D]",
    valid=valid,
    cue=r"national insurance|\bn\.?i\.? ?(?:n\b|no\b|num|#)|\bni:|\bnino\b|\bnin\b|\bhmrc\b|\bpaye\b",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "AB 12 34 56 C", "NINO: AB123456C", "national insurance number\nab 12 34 56 c", "NI No. QQ123456C",
    "NINO JG-10-37-59-A",
)  # fmt: skip
SILENT = (
    "AB123456C", "NINO: BG123456C", "NINO: DA123456C", "NI number AB123456E", "NI no XAB123456C", "FA 12 34 56 C",
    "TC-01-02-03-A",
)  # fmt: skip
