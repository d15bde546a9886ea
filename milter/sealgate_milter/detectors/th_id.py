"""Citizen identification numbers of Thailand: thirteen digits, the last a check digit modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "th-id"
SENTENCE = "Thai citizen identification numbers: thirteen digits, the last one right, beside words such as Thai ID."
EXAMPLE = "Thai ID 1-1017-00230-70-8"


def valid(digits: bytes) -> bool:
    """Tell whether the last digit is right."""
    return digits[:1] != b"0" and (11 - weighted(digits[:12], range(13, 1, -1)) % 11) % 10 == digits[12] - 48


_NUMBERS = Numbers(
    shape=loose(1, 4, 5, 2, 1),
    valid=valid,
    cue=r"ประชาชน|\bthai (?:national )?id|citizen id|national id|thailand id|\bid card",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("เลขประจำตัวประชาชน 1101700230708", "citizen ID: 1 1017 00230 70 8", "1101700230708 (Thai ID)")
SILENT = ("1101700230708", "Thai ID 1101700230707", "Thai ID tel 1101700230708", "Thai ID 11017002307081")
