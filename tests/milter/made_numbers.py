"""Numbers made by the rules of those who give them out, written as people write them, and their near misses."""

import re
import string
from random import Random

from sealgate_milter.detectors import iban
from sealgate_milter.detectors.checksums import luhn, mod_97, weighted

MBI_LETTERS = "ACDEFGHJKMNPQRTUVWXY"
CARDS = (
    ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15), ("6011", 16), ("644", 16),
    ("65", 16), ("3528", 16), ("3589", 16), ("300", 14), ("36", 14), ("38", 14), ("62", 16), ("4", 13), ("4", 19),
    ("6759", 12), ("5018", 16),
)  # fmt: skip


def digits(choice: Random, count: int) -> str:
    return "".join(choice.choices(string.digits, k=count))


def with_luhn(number: str, prefix: str = "") -> str:
    return next(number + last for last in string.digits if luhn((prefix + number + last).encode()))


def wrong(choice: Random, number: str) -> str:
    """Return `number` with another last digit."""
    return number[:-1] + choice.choice([digit for digit in string.digits if digit != number[-1]])


def ssn(choice: Random) -> str:
    area = choice.choice([area for area in range(1, 900) if area != 666])
    return f"{area:03}-{choice.randrange(1, 100):02}-{choice.randrange(1, 10000):04}"


def no_ssn(choice: Random) -> str:
    kind = choice.randrange(4)
    never = choice.choice(["000", "666", f"{choice.randrange(900, 1000)}"])
    area = never if kind < 2 else f"{choice.randrange(1, 600):03}"
    group = "00" if kind == 2 else f"{choice.randrange(1, 50):02}"
    return f"{area}-{group}-" + ("0000" if kind == 3 else f"{choice.randrange(1, 10000):04}")


def card(choice: Random) -> str:
    prefix, length = choice.choice(CARDS)
    number = with_luhn(prefix + digits(choice, length - 1 - len(prefix)))
    mark = choice.choice(["", "", " ", " ", "-", "."])
    sizes = (4, 6, 5) if length in (14, 15) else (4, 4, 4, 4, 3) if length in (16, 19) else (length,)
    groups = [number[sum(sizes[:index]) :][:size] for index, size in enumerate(sizes)]
    return mark.join(group for group in groups if group)


def no_card(choice: Random) -> str:
    """Return no card's number; none of nineteen digits, which can be a right one and its code."""
    number = card(choice)
    return wrong(choice, number) if sum(map(str.isdigit, number)) != 19 else no_card(choice)


def account(choice: Random) -> str:
    country = choice.choice(sorted(iban.COUNTRIES))
    kinds = {"n": string.digits, "a": string.ascii_uppercase, "c": string.digits + string.ascii_uppercase}
    national = "".join(choice.choice(kinds[kind]) for kind in iban.COUNTRIES[country][2:])
    number = f"{country}{98 - mod_97(f'{national}{country}00'.encode()):02}{national}"
    mark = choice.choice(["", "", " ", " ", "-"])
    number = number if choice.random() < 0.9 else number.lower()
    return mark.join(number[start : start + 4] for start in range(0, len(number), 4)) if mark else number


def mbi(choice: Random) -> str:
    either = MBI_LETTERS + string.digits
    order = ("123456789", MBI_LETTERS, either, string.digits, MBI_LETTERS, either, string.digits, MBI_LETTERS,
             MBI_LETTERS, string.digits, string.digits)  # fmt: skip
    number = "".join(map(choice.choice, order))
    mark = choice.choice(["", "-", "-", " "])
    return mark.join((number[:4], number[4:7], number[7:]))


def no_mbi(choice: Random) -> str:
    number = mbi(choice).replace("-", "").replace(" ", "")
    place = choice.choice([1, 4, 7, 8])
    return number[:place] + choice.choice("SLOIBZ") + number[place + 1 :]


def npi(choice: Random) -> str:
    return with_luhn(choice.choice("12") + digits(choice, 8), "80840")


def dea(choice: Random) -> str:
    number = digits(choice, 6)
    check = weighted(number.encode(), (1, 2, 1, 2, 1, 2)) % 10
    return choice.choice("ABFGMPRX") + choice.choice(string.ascii_uppercase + "9") + number + str(check)


def no_account(choice: Random) -> str:
    number = account(choice)
    while True:
        other = re.sub(r"(?<=^..)[ -]?[0-9][0-9]", f"{choice.randrange(2, 99):02}", number)
        if other[2:4] != number[2:4]:
            return other
