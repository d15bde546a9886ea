"""Dates of birth.

Any date that people write, beside a cue such as "date of birth": numbers in either order, names of months in several
languages, East Asian forms. A date without a year, or from more than 115 years ago, is nobody's date of birth here.
"""

import datetime
import re
from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors import columns
from sealgate_milter.detectors.dates import day_exists
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import alone, compact, wrapped

NAME = "date-of-birth"
SENTENCE = "Dates of birth: a date in any common form beside words such as DOB, date of birth, born, geb. or né le."
EXAMPLE = "DOB: 03/12/1980"

_CUE = wrapped(
    r"(?i:(?:\b|_)d\.?o\.?b(?:\b|_)|date[ _-]?of[ _-]?birth|birth[ _-]?(?:date|day(?: is| was|:| ?=))|"
    r"date born|\(b\.|\bborn\b|\bgeb(?:\.|:|oren|ore |urtsdatum|urtstag)|naissance|"
    r"\bn(?:é|e|é\(e\)|ée|é/e) le\b|nacimiento|\bnacid[oa]\b|"
    r"\bnat[oa] (?:il|a)\b|nascita|nascimento|geboortedatum|\bfødt|fødselsdag|fødselsdato|\bfödd|födelsedatum|"
    r"syntym|urodzenia|urodzon|рождения|родился|родилась|生年月日|出生|생년월일)"
)
GATE = _CUE
_CUES = re2.compile(_CUE.encode())
_OTHER = re2.compile(
    r"(?i:admi(?:ssion|tted)|discharge|visit|service|seen|death|died|issue|expir|hire|start|due|appointment|"
    r"updated|sent:|dated|valid|today|deadline|†)".encode()
)
_MONTHS = (
    "january jan janvier janv januar jänner jän januari gennaio gen enero ene janeiro stycznia января",
    "february feb février fevrier févr fév fev februar februari febbraio febrero fevereiro lutego февраля",
    "march mar mars märz mrz maart mrt marzo março marca марта",
    "april apr avril avr aprile abril abr kwietnia апреля",
    "may mai mei maggio mag mayo maio maj maja мая",
    "june jun juin juni giugno giu junio junho czerwca июня",
    "july jul juillet juil juli luglio lug julio julho lipca июля",
    "august aug août aout augustus agosto ago augusti sierpnia августа",
    "september sep sept septembre settembre set septiembre setembro września сентября",
    "october oct octobre oktober okt ottobre ott octubre outubro out października октября",
    "november nov novembre noviembre novembro listopada ноября",
    "december dec décembre decembre déc dezember dez dicembre dic diciembre dezembro desember des grudnia декабря",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_NAME = r"([A-Za-z\x{c0}-\x{17f}\x{410}-\x{44f}]{3,12})\.?"
_SEP = r"[ \t]?\n?[./ -][ \t]?\n?"
_GAP = r"(?:[ -]|[ \t]?\n)?"
_TIME = r"(?:T[0-9]{2}:[0-9]{2}[0-9:.]{0,9}Z?)?"
_ORDINAL = r"(?:st|nd|rd|th|er|\.|º|o)?"
_FORMS = (
    ("any", rf"([0-9]{{4}}|[0-9]{{1,2}}){_SEP}([0-9]{{1,2}}){_SEP}'?([0-9]{{4}}|[0-9]{{1,2}}){_TIME}"),
    ("dmy", rf"([0-9]{{1,2}}){_ORDINAL}{_GAP}(?:of |de |di )?{_NAME},?(?: del? |/|{_GAP})'?([0-9]{{2,4}})"),
    ("mdy", rf"{_NAME}[ -]([0-9]{{1,2}})(?:st|nd|rd|th)?,?[ \n-]{{1,2}}([0-9]{{4}})"),
    ("ymd", rf"([0-9]{{4}})[ /-]{_NAME}[ /-]([0-9]{{1,2}})"),
    ("ymd", r"([0-9]{4})[年년] ?([0-9]{1,2})[月월] ?([0-9]{1,2})[日일]?"),
    ("bare", r"([0-9]{2})([0-9]{2})([0-9]{4})"),
)
_DATES = re2.compile("|".join(form for _, form in _FORMS).encode())
_DIED = re.compile(rb"[,;.]?\s{1,2}(?:[a-z]+ ){0,2}(?:died|passed away|\xe2\x80\xa0)|\s?\xe2\x80\xa0")
"""Behind "born ..." in prose: an obituary, which is public."""
_DIGITS = re.compile(rb"[0-9](?s:.){0,16}?[0-9](?s:.){0,16}?[0-9]")
_LEADS = re.compile(rb"[ \t(\[,:-]*(?:(?:is|was|as) )?(?:(?:his|her|my|their|the|patient's) )?")
BEFORE, AFTER = 48, 30


def find(text: bytes) -> Iterator[Match]:
    """Yield every date of birth in `text` (normalised UTF-8), each once."""
    taken: set[int] = set()
    for start, end in _spans(text):
        if start not in taken:
            taken.add(start)
            yield Match(start, end, compact(text[start:end]))


def _spans(text: bytes) -> Iterator[tuple[int, int]]:
    cues = [match.span() for match in _CUES.finditer(text)]
    for index, (start, end) in enumerate(cues):
        follower = cues[index + 1][0] if index + 1 < len(cues) else len(text)
        found = _first(text, end, min(end + BEFORE, follower))
        if found is not None and text[start:end].lower() == b"born" and _DIED.match(text, found[1]):
            continue
        if found is None or _OTHER.search(text, end, found[0]):
            found = _just_before(text, start)
        if found is not None:
            yield found
    for start, end in columns.below(text, cues):
        found = _first(text, start, end)
        if found is not None and found[0] == start and text[found[1] : end].strip(b" 0:") == b"":
            yield found


def _first(text: bytes, start: int, stop: int) -> tuple[int, int] | None:
    """Return the span of the first real date that begins from `start` on and before `stop`."""
    effort.step()
    end = min(len(text), stop + 24)
    if _DIGITS.search(text, start, end) is None:
        return None
    for match in _DATES.finditer(text, start, end):
        if match.start() >= stop:
            break
        last = match.lastindex or 3
        order, parts = _FORMS[last // 3 - 1][0], (match[last - 2], match[last - 1], match[last])
        if real(order, parts) and alone(text, *match.span()):
            return match.start(), match.end()
    return None


def _just_before(text: bytes, cue: int) -> tuple[int, int] | None:
    """Return the span of a date that only punctuation parts from the cue behind it, as in "12.03.1980 (DOB)"."""
    found = _first(text, max(0, cue - AFTER), cue)
    if found is None or found[1] > cue or not _LEADS.fullmatch(text, found[1], cue):
        return None
    return found


def real(order: str, parts: tuple[bytes, ...]) -> bool:
    """Tell whether the parts are a living person's day of birth; numbers leave the order open (`any`, `bare`)."""
    if order == "bare":
        digits = b"".join(parts)
        return real("ymd", (digits[:4], digits[4:6], digits[6:])) or real("dmy", parts) or real("mdy", parts)
    if order == "any":
        return real("ymd", parts) if len(parts[0]) == 4 else real("dmy", parts) or real("mdy", parts)
    by_kind = dict(zip(order, parts, strict=True))
    year, month = by_kind["y"], by_kind["m"]
    number = int(month) if month.isdigit() else _MONTH.get(month.decode("utf-8", "replace").lower(), 0)
    return _lived(year) and day_exists(int(year), number, int(by_kind["d"]))


def _lived(year: bytes) -> bool:
    """Tell whether somebody born in `year` may live; a year of two digits always may be meant so."""
    now = datetime.datetime.now(datetime.UTC).year
    return len(year) == 2 or now - 115 <= int(year) <= now


FIRES = (
    "DOB 3/12/80", "D.O.B.: 1980-03-12", "Date of Birth: 12 March 1980", "born on March 12, 1980 in Boston",
    "geb. 12.03.1980", "Geburtsdatum: 12. März 1980", "née le 12 mars 1980", "nacida el 12 de marzo de 1980",
    "nato il 12/03/1980", "birth_date: 19800312", '"dob": "1980-03-12"', "12.03.1980 (DOB)",
    "1/14/1979 is her date of birth", "生年月日: 1980年3月12日", "patient_dob=12-Mar-1980",
    "Date of birth:\n03/12/1980", "birthday is Mar 12 1980", "DOB 03/12/\n1980", "DOB 31121980",
    "birthDate: 1980-03-12T00:00:00Z", "Jane Roe (b. 3/12/80)", "дата рождения 12.03.1980",
    "DOB 03/12/1980, died 5/1/2024",
    "name,dob,city\nAnn Doe,1980-03-12,Boston",
    "Name\tDOB\tPhone\n" + "Ann Doe\tn/a\t-\n" * 9 + "Bob Roe\t3/12/1980\t-",
)  # fmt: skip
SILENT = (
    "03/12/1980", "DOB: 13/13/1980", "born in 1980", "Happy birthday! See you on 3/12/2019",
    "DOB missing, seen 03/12/1980", "born 12 March 1685", "DOB: 12.03.1980.4", "DOB 1980-03-12-77",
    "date of birth unknown; date of issue 03/12/2019",
    "Harold Jones, born March 3, 1931, died of cancer", "born 3 March 1931 and died in 1999",
    "born in the USA, version 3.12.80.1",
)  # fmt: skip
