"""Payment card numbers.

Judged by the issuer's range, its length and the Luhn digit (ISO/IEC 7812-1). The usual lengths, together or in the
groups of a card, speak for themselves; other lengths and separators, and digits that stand in a web address, in a
table, behind another label or among like numbers that are no cards, count only beside a cue such as "card".
"""

import re
from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors import columns, iban
from sealgate_milter.detectors.checksums import luhn, weighted
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import BREAK, MARK, Numbers, alone, compact, either, parted, short_lines

NAME = "payment-card"
SENTENCE = (
    "Payment card numbers (Visa, Mastercard, Amex, Discover, Diners, JCB, UnionPay, Maestro) with a right Luhn digit."
)
EXAMPLE = "Please charge 4111 1111 1111 1111."

_ISSUERS: tuple[tuple[int, int, tuple[int, ...], tuple[int, ...]], ...] = (
    (4000, 4999, (13, 16, 19), (16, 19)),  # Visa
    (5100, 5599, (16,), (16,)), (2221, 2720, (16,), (16,)),  # Mastercard
    (3400, 3499, (15,), (15,)), (3700, 3799, (15,), (15,)),  # American Express
    (6011, 6011, (16, 19), (16, 19)), (6440, 6599, (16, 19), (16, 19)),  # Discover
    (3000, 3059, (14, 16, 19), (14, 16)), (3095, 3095, (14, 16, 19), (14, 16)),  # Diners Club
    (3600, 3699, (14, 16, 19), (14, 16)), (3800, 3999, (14, 16, 19), (14, 16)),
    (3500, 3599, (16, 17, 18, 19), (16,)), (1800, 1800, (15,), (15,)), (2131, 2131, (15,), (15,)),  # JCB
    (6200, 6299, (16, 17, 18, 19), (16, 19)), (8100, 8199, (16, 17, 18, 19), (16,)),  # UnionPay
    (2200, 2204, (16, 17, 18, 19), (16,)),  # Mir
    *((first, first + 99, tuple(range(12, 20)), (16,)) for first in (5000, 6300, 6700)),  # Maestro
    (5600, 5899, tuple(range(12, 20)), (16,)),
    (604, 604, tuple(range(12, 20)), ()),
    *((prefix, prefix, tuple(range(12, 20)), (16, 18, 19))
      for prefix in (5018, 5020, 5038, 5893, 6304, 6390, 6759, 6761, 6762, 6763)),
)  # fmt: skip
"""First four digits from and to, lengths, and the lengths that speak for themselves; a later row counts."""
_LENGTHS = {b"%04d" % prefix: sizes for low, high, sizes, _ in _ISSUERS for prefix in range(low, high + 1)}
_SPEAKING = {b"%04d" % prefix: sizes for low, high, _, sizes in _ISSUERS for prefix in range(low, high + 1)}

_GAP = rf"(?: ?[-./] ?| {{1,2}}|\n\n?[ \t>|]{{0,4}}){BREAK}"
_GROUPINGS = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 3), (4, 4, 4, 2))
_RARE = ((4, 4, 4, 1), (4, 4, 4), (4, 3, 3, 3), (8, 8), (6, 6, 4), (5, 5, 5))
_SHAPED = "|".join(
    [*(parted(_GAP, *sizes) for sizes in ((4, 4, 4, 4, 3), *_GROUPINGS, (4, 4, 4))), f"(?:[0-9]{BREAK}){{11,18}}[0-9]"]
)
_LOOSE = "|".join(
    [either((4, 4, 4, 4, 3), *_GROUPINGS, *_RARE), f"(?:[0-9]{BREAK}){{11,18}}[0-9]", f"[0-9](?:{MARK}[0-9]){{11,18}}"]
)
_CUE = (
    r"card|\bvisa|master|maestro|amex|american express|discover|diners|\bjcb\b|unionpay|credit|debit|\bcc\b|"
    r"\bcc_|_cc\b|\bccn|\bpan\b|kreditkarte|tarjeta|carte|carta|\bcvv|\bcvc|\bexpir|\bexp\b|\bpay|\bpaid|charge|\bbill|"
    r"purchase|refund|\batm\b|withdraw|\bpin\b"
)
_RIVALS = (
    r"\b(?:tracking|order|invoice|imei|serial|phone|tel|fax|isbn|upc|ean|gtin|barcode|ticket|iban|parcel|shipment|"
    r"consignment|waybill|timestamp|uuid|meter)\b"
)
_LABELLED = re.compile(
    rb"(?i)(?:\b|_)(?:"
    rb"tracking|fedex|ups|usps|dhl|order|po|invoice|imei|serial|phone|tel|fax|isbn|upc|ean|gtin|barcode|ticket|"
    rb"case|parcel|id|shipment|consignment|waybill|meter|reading|counter|lot|pallet|container|booking|reservation|transaction|reference|ref|confirmation|batch|trace|"
    rb"session|request|message|user|device|model|s/n|sn|meid|timestamp|time|sku|part|colou?r|item|product|article|build|"
    rb"version|commit|hash|key|seed|offset|size|bytes|iccid|imsi)"
    rb"(?:[ _-]?(?:no|number|num|nr|id|code)\.?|(?<=ref|tel|fax)\.)?[\s\"':=#(\[-]{0,4}\Z"
)
_GROUP_BEFORE = re.compile(rb"(?<![0-9A-Za-z])[0-9A-Fa-f]{0,5}[0-9][ \t]{1,3}\Z")
_GROUPS_AFTER = re.compile(rb"[ \t]{1,3}(?:(?=[0-9A-Fa-f]{0,3}[0-9])(?![0-9]{3,4}\b)[0-9A-Fa-f]{1,6}\b(?![/.-])|"
                           rb"[0-9A-Fa-f]{1,6}[ \t]{1,3}[0-9A-Fa-f]{1,6}\b(?![/.-]))")  # fmt: skip
AROUND = 400
"""Octets before and behind a number in which like ones are looked for."""
_ROW = re.compile(rb"[0-9]{4}(?:(?:[ \t]{1,2}[0-9]{4}){7,}|(?:[-./][0-9]{4}){7,})")


def valid(value: bytes) -> bool:
    """Tell whether digits are in an issuer's range, of a length it uses and with a right Luhn digit."""
    return len(value) in _LENGTHS.get(value[:4], ()) and luhn(value)


_STRONG = re2.compile(_SHAPED.encode())
_SHORT_LINES = short_lines(5)
"""No two of them hold the twelve digits of a card, and no card stands on three."""
_COLUMN = re.compile(rb"(?:[0-9]{1,11}\n){2,}([0-9]{1,11}\n)")
"""Three lines of digits or more are a column, not a card and its other half."""
_ON_ONE_LINE = re2.compile(rb"[0-9]{4}[ ./-][0-9]{4}[ ./-][0-9]{4}[ ./-][0-9]{2,4}|[0-9]{12,19}")
_CUED = Numbers(shape=_LOOSE, cue=_CUE, valid=valid, before=80, after=40, rivals=_RIVALS)
# Not the shapes themselves: told apart in every place at once, they would cost the gate more than they save.
GATE = r"[0-9](?:[ \t.,/_:|()\[\]\\*~+-]{0,3}\n{0,2}[ \t>|./_-]{0,4}[0-9]){11}"


def find(text: bytes) -> Iterator[Match]:
    """Yield every number in `text` (normalised UTF-8); none that lies inside a valid IBAN."""
    accounts: list[Match] | None = None
    taken: set[int] = set()
    for matches in (_shaped(text), _CUED.find(text)):
        for match in matches:
            if match.start in taken:
                continue
            if accounts is None:
                accounts = list(iban.find(text))
            if not any(account.start < match.end and match.start < account.end for account in accounts):
                taken.add(match.start)
                yield match


def _shaped(text: bytes) -> Iterator[Match]:
    position = 0
    while (found := _STRONG.search(text, position)) is not None:
        effort.step()
        start, end = found.span()
        # What ends with its line does so more often than it goes on in the next.
        spans = (span.span() for span in (_ON_ONE_LINE.match(text, start), found) if span is not None)
        match = next((match for span in spans if (match := _judged(text, *span))), None)
        if match is not None:
            position = match.end
            yield match
            continue
        row, lines = _ROW.match(text, start), _COLUMN.match(text, start) or _SHORT_LINES.match(text, start)
        position = row.end() if row else max(start + 1, lines.start(1)) if lines else start + 1
        while position < end and text[position - 1 : position + 1].isdigit():
            position += 1


def _judged(text: bytes, start: int, end: int) -> Match | None:
    value = compact(text[start:end])
    if len(value) not in _SPEAKING.get(value[:4], ()) or not luhn(value) or _other_number(value):
        return None
    return Match(start, end, value) if alone(text, start, end) and _speaks(text, start, end) else None


def _other_number(value: bytes) -> bool:
    """Tell whether the digits may be an article's number (EAN, UPC) or a mobile telephone's with its country."""
    if len(value) == 13:
        return value.startswith((b"4366", b"4367", b"4368", b"4369", b"4915", b"4916", b"4917")) or (
            weighted(value, (1, 3) * 7) % 10 == 0
        )
    if len(value) == 12:
        return value.startswith((b"573", b"582", b"584")) or weighted(value, (3, 1) * 6) % 10 == 0
    return False


def _speaks(text: bytes, start: int, end: int) -> bool:
    """Tell whether a number counts without a cue: its separators agree, and nothing around says otherwise."""
    shown = text[start:end]
    if text[start - 1 : start] == b"-" and text[start - 2 : start - 1].isalnum():
        return False
    marks = {octet for octet in shown if octet in b"-/. \t"} - ({32} if re.search(rb"[-./]", shown) else set())
    if len(re.findall(rb"\n+", shown)) > 1 or len(marks) > 1 or _in_address(text, start):
        return False
    if b"\n" in shown and not marks & set(b"-/.") and _in_columns(text, start, end):
        return False
    if marks:
        return not _in_table(text, start, end)
    return _LABELLED.search(text[max(0, start - 30) : start]) is None and not _among_others(text, start, end)


def _among_others(text: bytes, start: int, end: int) -> bool:
    """Tell whether the numbers of the same length around are mostly no cards: of a list of numbers a tenth look so."""
    around = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    alike = re.compile(rb"(?<![0-9A-Za-z])[0-9]{%d}(?![0-9A-Za-z])" % (end - start))
    others = [number for piece in around for number in alike.findall(piece)]
    return len(others) >= 3 and 3 * sum(map(valid, others)) < len(others)


def _in_columns(text: bytes, start: int, end: int) -> bool:
    """Tell whether a line break does not part one number but two of a list or a table."""
    head, _, tail = text[start:end].partition(b"\n")
    line = text.rfind(b"\n", max(0, start - 200), start) + 1
    before, after = text[max(line, start - 40) : start].rstrip(), text[end : end + 40].partition(b"\n")[0].strip()
    if before[-1:].isdigit() or after[:1].isdigit():
        return True
    if before[-1:].isalpha() and after[:1].isalpha():
        return False
    above, below = text[max(0, line - 3) : line].rstrip(), text[end : end + 200].partition(b"\n")[2].lstrip()
    return len(head) == len(tail.strip(b"\n \t>|")) or above[-1:].isdigit() or below[:1].isdigit()


def _in_table(text: bytes, start: int, end: int) -> bool:
    """Tell whether more groups of digits stand around the number, as in a table; a year or a code may follow a card."""
    if _GROUP_BEFORE.search(text[max(0, start - 10) : start]) or _GROUPS_AFTER.match(text[end : end + 20]):
        return True
    return columns.among_rows(text, start, end, _STRONG)


def _in_address(text: bytes, start: int) -> bool:
    """Tell whether the number stands inside a web address, whose numbers are mostly nobody's card."""
    token = text[max(0, start - 300) : start].split()[-1:] if text[start - 1 : start].strip() else []
    return bool(token) and (b"://" in token[0] or b"www." in token[0])


FIRES = (
    "4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "3782 822463 10005", "6011000990139424,",
    "card 4111.1111.1111.1111", "visa 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "card 4111 1111\n1111 1111",
    "card 1234 4111 1111 1111 1111", "4111\u200b1111\u200b1111\u200b1111", "card 4111%201111%201111%201111",
    "3530111333300000", "30569309025904", "4111.1111.1111.1111", "4111/1111/1111/1111",
    "pay with 4111 1111\n1111 1111 now", "4111-1111-\n1111-1111 is it",
    "name,card,exp\nAnn,4111111111111111,12/29\nBob,5500000000000004,11/28\n", "visa 4222222222222",
    "maestro 587656187883", "4111111111111111 4012888888881881 5555555555554444 4111111111111112",
    "4000000000000097, 4111111111111111",
    "For my part. 4111111111111111",
    "4000000000000010 4000000000000011 4000000000000012, charge my card 4111111111111111",
    "My 6759649826438453 please", "maestro 6759649826438453", "371449635398431\n378282246310005\n",
    "paid by 41111111\n11111111.", "charge 4111 1111 1111 1111 123", "4111 1111 1111 1111 12/29 123",
)  # fmt: skip
SILENT = (
    "4111111111111112", "DE12 5001 0517 5407 3249 31", "0000000000000000", "4444444444444444 4", "14111111111111111",
    "https://shop.example/item/4111111111111111", "0.4111111111111111", "id_4111111111111111",
    "4E28 4111 1111 1111 1111", "4111 1111 1111 1111 4E28 4E3F", "order 4111111111111111",
    "tracking number: 371449635398431", "2401 2402 2403 2404 2405 2406 2407 2408 2409", "4006381333931",
    "4915112345675", "IMEI 490154203237518", '"id": 4111111111111111', "4111-1111.1111 1111",
    "401234\n5678901234\n", "587656187883", "4222222222222", "consignment number 587656187883",
    "Reading 4111111111111111 from meter", "".join(f"{number}\n" for number in range(4 * 10**15, 4 * 10**15 + 40)),
    "".join(f"{number}, bolt\n" for number in range(4 * 10**15, 4 * 10**15 + 9700, 97)),
)  # fmt: skip
