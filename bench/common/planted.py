"""Numbers for `bench/accuracy.py`: right ones, the same with a wrong digit, and right ones in disguise."""

import random
from collections.abc import Callable
from html import escape

from common import made

Make = Callable[[random.Random], str]


def _luhn(digits: str) -> str:
    """Return `digits` with their Luhn digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def _digits(choice: random.Random, count: int) -> str:
    return "".join(choice.choices("0123456789", k=count))


def card(choice: random.Random) -> str:
    """Return a card number of one of four issuers, in groups of four or together."""
    start, length = choice.choice([("4", 16), ("5" + choice.choice("12345"), 16), ("6011", 16), ("37", 15)])
    number = _luhn(start + _digits(choice, length - len(start) - 1))
    if length == 15:
        return f"{number[:4]} {number[4:10]} {number[10:]}" if choice.random() < 0.5 else number
    return choice.choice(["", " ", "-"]).join(number[place : place + 4] for place in range(0, 16, 4))


def iban(choice: random.Random) -> str:
    """Return an account number of one of five countries, in groups of four or together."""
    country, length = choice.choice([("DE", 18), ("FR", 23), ("NL", 0), ("ES", 20), ("AT", 16)])
    account = f"ABNA{_digits(choice, 10)}" if country == "NL" else _digits(choice, length)
    number = "".join(str(int(char, 36)) for char in f"{account}{country}00")
    whole = f"{country}{98 - int(number) % 97:02}{account}"
    return " ".join(whole[place : place + 4] for place in range(0, len(whole), 4)) if choice.random() < 0.6 else whole


def npi(choice: random.Random) -> str:
    """Return a provider's number."""
    return _luhn("80840" + choice.choice("12") + _digits(choice, 8))[5:]


def dea(choice: random.Random) -> str:
    """Return a prescriber's registration number."""
    digits = _digits(choice, 6)
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return choice.choice("ABFM") + choice.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") + digits + str((odd + 2 * even) % 10)


KINDS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "us-ssn": (made.ssn, ("SSN: {}", "her social security number is {}.", "{} is on file", "id {}, see above")),
    "payment-card": (card, ("please charge {} today", "card {} exp 04/27", "Visa/MC: {}", "paid with {}, thanks")),
    "iban": (iban, ("transfer to {} please", "IBAN: {}", "account {} at our bank", "{} (new account)")),
    "us-mbi": (made.mbi, ("Medicare number {}", "MBI {}", "member {} called", "id {}")),
    "us-npi": (npi, ("NPI {}", "NPI number: {}", "provider NPI# {}", "the provider's NPI is {}")),
    "us-dea": (dea, ("DEA {}", "DEA number: {}", "DEA# {}", "DEA registration {}")),
}


def broken(kind: str, number: str, choice: random.Random) -> str:
    """Return `number` with one digit or letter wrong, so that it is none of its kind."""
    if kind == "us-ssn":
        return choice.choice(["000", "666", "9" + number[1:3]]) + number[3:]
    if kind == "us-mbi":
        return number[0] + choice.choice("SLOIBZ") + number[2:]
    place = max(index for index, char in enumerate(number) if char.isdigit())
    return f"{number[:place]}{(int(number[place]) + choice.randint(1, 8)) % 10}{number[place + 1 :]}"


def _between(number: str, what: str) -> str:
    middle = len(number) // 2
    return number[:middle] + what + number[middle:]


def _parted(number: str, separator: str) -> str:
    """Return a social security or card number with this separator between its groups."""
    digits = "".join(filter(str.isdigit, number))
    sizes = (3, 2, 4) if len(digits) == 9 else (4, 6, 5) if len(digits) == 15 else (4, 4, 4, 4)
    groups = []
    for size in sizes:
        groups.append(digits[:size])
        digits = digits[size:]
    return separator.join(groups)


def _shifted(number: str, zero: int) -> str:
    return "".join(chr(zero + int(char)) if char.isdigit() else char for char in number)


DISGUISES: dict[str, Callable[[str], str]] = {
    "zero-width characters": lambda number: "\u200b".join(number),
    "full-width": lambda number: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in number),
    "Arabic-Indic digits": lambda number: _shifted(number, 0x660),
    "Devanagari digits": lambda number: _shifted(number, 0x966),
    "en dashes": lambda number: _parted(number, "\u2013"),
    "dots": lambda number: _parted(number, "."),
    "slashes": lambda number: _parted(number, "/"),
    "no-break spaces": lambda number: _parted(number, "\u00a0"),
    "every digit apart": lambda number: " ".join(filter(str.isdigit, number)),
    "one line break": lambda number: _parted(number, " ").replace(" ", "\n", 1),
    "split over HTML tags": lambda number: f"<html>{_between(number, '</b><i>')}</html>",
    "HTML entities": lambda number: "<html>" + "".join(f"&#{ord(char)};" for char in number) + "</html>",
    "URL-encoded": lambda number: "".join(f"%{ord(char):02X}" for char in number),
}
"""What is done to a number to hide it; those with `<html>` are sent as HTML."""


def message(line: str) -> bytes:
    """Return a message with `line` in it, as HTML when it is marked so."""
    hyper = "<html>" in line
    if hyper:
        before, _, rest = line.partition("<html>")
        number, _, after = rest.partition("</html>")
        line = f"<p>{escape(before)}<b>{number}</b>{escape(after)}</p>"
    kind = "html" if hyper else "plain"
    head = f"From: a@corp.example\r\nSubject: note\r\nMIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
    return f"{head}Content-Transfer-Encoding: 8bit\r\n\r\nHello,\r\n{line}\r\nThanks\r\n".encode()
