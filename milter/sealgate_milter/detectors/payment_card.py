"""Payment card numbers.

Judged by the issuer's range, its length and the Luhn digit (ISO/IEC 7812-1). Grouped or contiguous digits speak for
themselves; other separators, rare lengths and digits inside a web address count only beside a cue such as "card".
"""

import re
from collections.abc import Iterator

import re2

from sealgate_milter.detectors import iban
from sealgate_milter.detectors.match import Match

NAME = "payment-card"
SENTENCE = (
    "Payment card numbers (Visa, Mastercard, Amex, Discover, Diners, JCB, UnionPay, Maestro) with a right Luhn digit."
)
EXAMPLE = "Please charge 4111 1111 1111 1111."

GATE = r"[0-9](?:[ \t./_:|()*+-]{0,3}\n?[ \t./_:|()>-]{0,3}[0-9]){12}"

_CANDIDATE = re2.compile(rb"[0-9](?:[ \t./_:|()*+-]{0,3}\n?[ \t./_:|()>-]{0,3}[0-9]){12,}")
_DIGIT = re.compile(rb"[0-9]")
_GROUPED = re.compile(
    rb"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5}|[0-9]{13,19}"
)
_CUE = re.compile(
    rb"(?i)card|visa|master|maestro|amex|american express|discover|diners|jcb|unionpay|credit|debit|\bcc\b|\bcc ?#|"
    rb"\bpan\b|kreditkarte|tarjeta|carte|carta|cvv|cvc|expir|\bexp\b"
)
_GROUP_BEFORE = re.compile(rb"(?:\A|[ \t])(?=[0-9A-Fa-f]{0,3}[0-9])[0-9A-Fa-f]{4}[ \t]{1,2}\Z")
_GROUPS_AFTER = re.compile(rb"(?:[ \t]{1,2}(?=[0-9A-Fa-f]{0,3}[0-9])[0-9A-Fa-f]{4}){2}\b")
_RANGES: tuple[tuple[int, int, int, tuple[int, ...]], ...] = (
    (1, 4, 4, (13, 16, 19)),  # Visa
    (2, 51, 55, (16,)), (4, 2221, 2720, (16,)),  # Mastercard
    (2, 34, 34, (15,)), (2, 37, 37, (15,)),  # American Express
    (4, 6011, 6011, (16, 19)), (3, 644, 649, (16, 19)), (2, 65, 65, (16, 19)),  # Discover
    (3, 300, 305, (14, 16, 19)), (4, 3095, 3095, (14, 16, 19)), (2, 36, 36, (14, 16, 19)), (2, 38, 39, (14, 16, 19)),
    (4, 3528, 3589, (16, 17, 18, 19)),  # JCB
    (2, 62, 62, (16, 17, 18, 19)), (2, 81, 81, (16, 17, 18, 19)),  # UnionPay
    (4, 2200, 2204, (16, 17, 18, 19)),  # Mir
    (2, 50, 50, (12, 13, 14, 15, 16, 17, 18, 19)), (2, 56, 58, (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro
    (2, 63, 63, (12, 13, 14, 15, 16, 17, 18, 19)), (2, 67, 67, (12, 13, 14, 15, 16, 17, 18, 19)),
)  # fmt: skip
_COMMON = {16: True, 15: True, 14: True}
_DOUBLED = bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9))
BEFORE, AFTER = 80, 40


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8); none that lies inside a valid IBAN."""
    accounts: list[Match] | None = None
    for run in _CANDIDATE.finditer(text):
        for match in _in_run(text, run.start(), run.end()):
            if accounts is None:
                accounts = list(iban.find(text))
            if not any(account.start < match.end and match.start < account.end for account in accounts):
                yield match


def _in_run(text: bytes, start: int, end: int) -> Iterator[Match]:
    """Yield the cards in one run of digits and separators: any stretch of whole groups that is a card by itself."""
    places = [match.start() + start for match in _DIGIT.finditer(text[start:end])]
    index = 0
    while index + 12 <= len(places):
        if index and places[index - 1] + 1 == places[index]:
            index += 1
            continue
        length = _length_at(text, places, index)
        if length:
            digits = bytes(text[place] for place in places[index : index + length])
            yield Match(places[index], places[index + length - 1] + 1, digits)
        index += length or 1


def _length_at(text: bytes, places: list[int], index: int) -> int:
    """Return how many digits from `index` on are a card number that counts here, 0 when none are."""
    if text[places[index]] not in b"234568":
        return 0
    digits = bytes(text[place] for place in places[index : index + 19])
    for length in lengths(digits):
        stop = index + length
        if stop > len(places) or (stop < len(places) and places[stop - 1] + 1 == places[stop]):
            continue
        start, end = places[index], places[stop - 1] + 1
        if luhn(digits[:length]) and _alone(text, start, end) and _counts(text, start, end, digits[:length]):
            return length
    return 0


def lengths(digits: bytes) -> tuple[int, ...]:
    """Return the lengths that the issuer of these leading digits uses, longest first; `()` for an unknown issuer."""
    found = {size for width, low, high, sizes in _RANGES if low <= int(digits[:width]) <= high for size in sizes}
    return tuple(sorted(found, reverse=True))


def luhn(digits: bytes) -> bool:
    """Tell whether the last digit is right, and the digits are not all one."""
    values = [octet - 48 for octet in digits]
    total = sum(values[-1::-2]) + sum(_DOUBLED[value] for value in values[-2::-2])
    return total % 10 == 0 and len(set(values)) > 1


def _alone(text: bytes, start: int, end: int) -> bool:
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isalnum() or after[:1].isalnum() or (before[-1:] in b"+_$@" and before):
        return False
    if before[-1:] in (b".", b"-") and before[:1].isalnum():
        return False
    return not (after[:1] in (b".", b"-", b"_", b"@", b",") and after[1:2].isalnum())


def _counts(text: bytes, start: int, end: int, digits: bytes) -> bool:
    shown = text[start:end]
    strong = (
        _GROUPED.fullmatch(shown) is not None
        and _COMMON.get(len(digits), False)
        and digits[:2] not in (b"50", b"56", b"57", b"58", b"63", b"67")
    )
    if strong and not _in_address(text, start) and not _in_table(text, start, end):
        return True
    return _CUE.search(text[max(0, start - BEFORE) : end + AFTER]) is not None


def _in_table(text: bytes, start: int, end: int) -> bool:
    """Tell whether more groups of four stand around the number, as in a table of codes."""
    return bool(_GROUP_BEFORE.search(text[max(0, start - 8) : start]) or _GROUPS_AFTER.match(text[end : end + 16]))


def _in_address(text: bytes, start: int) -> bool:
    """Tell whether the number stands inside a web address, whose numbers are mostly nobody's card."""
    token = text[max(0, start - 300) : start].split()[-1:] if text[start - 1 : start].strip() else []
    return bool(token) and (b"://" in token[0] or b"www." in token[0])


FIRES = (
    "4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "3782 822463 10005", "6011000990139424,",
    "card 4111.1111.1111.1111", "visa 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "card 4111 1111\n1111 1111",
    "card 1234 4111 1111 1111 1111", "4111\u200b1111\u200b1111\u200b1111", "card 4111%201111%201111%201111",
    "3530111333300000", "30569309025904", "4111 1111 1111 1111 12/29 123",
)  # fmt: skip
SILENT = (
    "4111111111111112", "DE12 5001 0517 5407 3249 31", "0000000000000000", "4444444444444444 4",
    "14111111111111111", "https://shop.example/item/4111111111111111", "0.4111111111111111",
    "id_4111111111111111", "4E28 4111 1111 1111 1111", "4111 1111 1111 1111 4E28 4E3F", "4111.1111.1111.1111",
)  # fmt: skip
