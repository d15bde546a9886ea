"""US national drug codes (NDC): labeler, product and package as 4-4-2, 5-3-2, 5-4-1 or 5-4-2, beside a cue."""

import re

from sealgate_milter.detectors.numbers import Numbers

NAME = "ndc"
SENTENCE = "US national drug codes such as 0002-3227-30, with hyphens or as eleven digits, beside words such as NDC."
EXAMPLE = "NDC 0002-3227-30"

_VALID = re.compile(rb"[0-9]{10,11}")


def _valid(value: bytes) -> bool:
    return _VALID.fullmatch(value) is not None and len(set(value)) > 2


_NUMBERS = Numbers(
    shape=r"[0-9]{4}[- ][0-9]{4}[- ][0-9]{2}|[0-9]{5}[- ][0-9]{3}[- ][0-9]{2}|[0-9]{5}[- ][0-9]{4}[- ][0-9]{1,2}|"
    r"[0-9]{10,11}",
    cue=r"\bndc(?:s?\b|[#_0-9])|_ndc\b|national drug code|\bdrug code",
    valid=_valid,
    before=48,
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = (
    "NDC 0002-3227-30", "NDC: 50242-040-62", "ndc# 60575-4112-1", "NDC 00002322730",
    "national drug code 0777-3105-02", "drug|ndc\nA|0002-3227-30\nB|50242-040-62\n", "0002-3227-30 (NDC)",
)  # fmt: skip
SILENT = (
    "0002-3227-30", "NDC 0002-3227-300", "NDC on file, phone 5551234567", "NDC 123-456-7890", "NDC 2024-01-02",
    "the NDC conference",
)  # fmt: skip
