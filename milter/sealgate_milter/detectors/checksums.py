"""Check digit schemes that many kinds of numbers share. Each takes ASCII digits (or letters, where said) only."""

from collections.abc import Sequence

_DOUBLED = bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9))
_VERHOEFF_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_TURNS = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def luhn(digits: bytes) -> bool:
    """Tell whether the last digit is right by ISO/IEC 7812-1, and the digits are not all one."""
    values = [octet - 48 for octet in digits]
    total = sum(values[-1::-2]) + sum(_DOUBLED[value] for value in values[-2::-2])
    return total % 10 == 0 and len(set(values)) > 1


def weighted(digits: bytes, weights: Sequence[int]) -> int:
    """Return the sum of each digit times its weight; digits beyond the weights do not count."""
    return sum((octet - 48) * weight for octet, weight in zip(digits, weights, strict=False))


def mod_97(value: bytes) -> int:
    """Return the remainder by 97 of upper-case letters and digits, A standing for 10 (ISO/IEC 7064, MOD 97-10)."""
    return int("".join(str(int(chr(octet), 36)) for octet in value)) % 97


def mod_11_10(digits: bytes) -> bool:
    """Tell whether the last digit is right by ISO/IEC 7064, MOD 11,10."""
    product = 10
    for octet in digits[:-1]:
        total = (octet - 48 + product) % 10 or 10
        product = total * 2 % 11
    return (product + digits[-1] - 48) % 10 == 1


def verhoeff(digits: bytes) -> bool:
    """Tell whether the last digit is right by Verhoeff's scheme."""
    check = 0
    for place, octet in enumerate(reversed(digits)):
        turned = int(_VERHOEFF_TURNS[place % 8][octet - 48])
        check = int(_VERHOEFF_TIMES[check][turned])
    return check == 0
