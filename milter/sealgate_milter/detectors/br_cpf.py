"""Taxpayer numbers of people in Brazil (CPF): eleven digits, the last two check digits modulo 11."""

from sealgate_milter.detectors.checksums import weighted
from sealgate_milter.detectors.numbers import Numbers, loose

NAME = "br-cpf"
SENTENCE = "Brazilian taxpayer numbers: 123.456.789-09 anywhere, other forms beside words such as CPF."
EXAMPLE = "123.456.789-09"


def valid(digits: bytes) -> bool:
    """Tell whether both check digits are right, and the digits not all one."""
    checks = (weighted(digits[:last], range(last + 1, 1, -1)) * 10 % 11 % 10 == digits[last] - 48 for last in (9, 10))
    return len(set(digits)) > 1 and all(checks)


_NUMBERS = Numbers(
    shape=loose(3, 3, 3, 2),
    strong=r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
    valid=valid,
    cue=r"\bc\.?p\.?f\b|cadastro de pessoa",
)
GATE, find = _NUMBERS.gate, _NUMBERS.find

FIRES = ("CPF: 12345678909", "111.444.777-35", "cpf nº 111 444 777 35", "C.P.F. 11144477735")
SILENT = ("12345678909", "123.456.789-08", "CPF 111.111.111-11", "CPF tel 12345678909", "1123.456.789-09")
