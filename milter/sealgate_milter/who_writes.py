"""Where a text says who writes, and not what about: signatures, letterheads, addresses.

"Ann Ward, RN / Department of Surgery and Oncology / Riverside Hospital" stands below every message of that hospital, so
its words of health say nothing about one of them. Lines are told by their form: a name, letters after a name, an
institution, a post, a department, a telephone number. Only a run of such lines counts, where signatures and letterheads
stand; a sentence, a line with a label ("Diagnosis: …") or with a date never does.
"""

import re
from functools import cache

from sealgate_milter import lexicon
from sealgate_milter.detectors.match import Match

LINE, RUN, RULED = 120, 16, 8
"""Octets of the longest line and lines of the longest run that are looked at, and lines of a signature below `--`."""
NOTICE = 2000
"""Octets of the longest legal notice."""

_SMALL = r"(?:\d{1,3}[A-Za-z]?,?|of|and|for|the|at|in|on|de|du|la|von|der|&|-|–|/|\||·|,)"
_BIG = r"[A-ZÀ-ÞΑ-ΩА-Я][\w'’.&/-]*"
_TITLED = re.compile(rf"(?:{_BIG},?|{_SMALL})(?:\s+(?:{_BIG},?|{_SMALL}))*")
"""Words that begin with a capital, but for small ones."""
_NAME = re.compile(r"(?:[A-Z]\.\s?|[A-ZÀ-Þ][\w'’-]+\s){1,3}[A-ZÀ-Þ][\w'’-]+")
_LETTERS = re.compile(
    r".*[\s,](?:RN|LPN|LVN|NP|FNP|CRNP|APRN|CRNA|CNM|CNA|BSN|MSN|DNP|M\.?D\.?|D\.?O\.?|PA|PA-C|MBBS|FRC[SP]|FAC[SP]|"
    r"DDS|DMD|DVM|P(?:harm|HARM)D|RPh|P[hH]\.?D\.?|P(?:sy|SY)D|LCSW|LMFT|LPC|PT|DPT|OTR?|SLP|RD|MPH|MHA|RHIA|RHIT|CPC|Esq\.?)\.?"
)
_INSTITUTION = re.compile(
    r"\b(?:hospitals?|clinics?|infirmary|hospice|department|dept|division|cent(?:er|re)s?|institute|school|faculty|"
    r"university|college|unit|ward|practice|associates|partners|group|trust|foundation|pharmacy|laborator(?:y|ies)|labs?|"
    r"healthcare|health (?:system|plan|network|services)|office|ltd|inc|llc|gmbh)\b",
    re.IGNORECASE,
)
_POST = re.compile(
    r"\b(?:nurse|physician|surgeon|doctor|therapist|dentist|pharmacist|technician|midwife|paramedic|practitioner|"
    r"consultant|registrar|manager|director|coordinator|administrator|assistant|officer|secretary|specialist|chief|head|"
    r"professor|supervisor|receptionist|counsel+or|advis[eo]r|researcher|fellow|\w+(?:ologist|iatrist|iatrician)|dr|prof)\b",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r".*(?:ology|iatrics|iatry|surgery|medicine|nursing|radiology|rehabilitation|billing|records|admissions|"
    r"(?:health|care|services|physical therapy|occupational therapy))",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"@|\bwww\.|://|(?:\d[\s().x-]*){7,}$|\b(?:tel|phone|fax|mobile|cell|ext|direct|office)\b[.:\s]*[+(\d]|"
    r"\b(?:street|st|road|rd|avenue|ave|drive|dr|lane|boulevard|blvd|suite|floor|box|plaza|highway|way)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:[\w']+\s){0,3}(?:regards|wishes|thanks|thank you|sincerely|cheers|yours|best|greetings|respectfully|cordially|"
    r"truly|faithfully|love)(?:\s(?:and regards|again|so much|a lot|yours|truly))?[,.!]*",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"[\s>*_|-]*(?:(?:strictly |legal |privacy |important )?(?:confidential(?:ity)?|notice|disclaimer|privacy)\b|"
    r"(?:the information (?:contained )?in )?this (?:e-?mail|message|communication|transmission|electronic)\b)",
    re.IGNORECASE,
)
_INTENDED = re.compile(r"intended\s+(?:recipient|addressee|(?:only|solely)\s+for\s+the\s)", re.IGNORECASE)
_PERSONAL = re.compile(r"\d{5}|\d[/.-]\d\d?[/.-]\d|\d{4}-\d|\b(?:dob|mrn|born)\b", re.IGNORECASE)
_BAR = re.compile(r"[-_*=~—]+")
"""A line of dashes and such; `--` alone begins a signature."""
_QUOTE = re.compile(r"^[>|\s]+")
_STOP = re.compile(r"[.!?;]$|:|\d{4}|\d[./-]\d")


class WhoWrites:
    """The lines of one text (normalised UTF-8) that say who writes; in `headers`, those with an address."""

    def __init__(self, octets: bytes, scope: str) -> None:
        self._octets = octets
        self._scope = scope
        self._kinds: dict[int, tuple[int, str]] = {}
        self._covered: dict[int, bool] = {}
        self._notices: dict[int, bool] = {}

    def covers(self, match: Match) -> bool:
        """Tell whether a match stands in such a line, or in the domain of an address anywhere."""
        start = self._start(match.start)
        if start not in self._covered:
            self._covered[start] = self._covers_line(start)
        return self._covered[start] or self._in_domain(match.start) or self._in_notice(match.start)

    def _covers_line(self, start: int) -> bool:
        end, kind = self._line(start)
        if self._scope == "headers":
            return b"@" in self._octets[start:end]
        if self._scope not in ("body", "attachment") or kind == "long":
            return False
        # Most lines are sentences: what stands round one need not be known.
        terse = _terse(_shown(self._octets[start:end]))
        if not terse and kind not in _SHIELDED:
            return False
        above = self._around(start, -1)
        if terse and "rule" in above[:RULED]:
            return True
        return kind in _SHIELDED and self._in_run(kind, above, self._around(start, 1))

    def _in_run(self, kind: str, above: list[str], below: list[str]) -> bool:
        """Tell whether a line of this kind with these lines round it is one of a signature or letterhead."""
        up, down = _run(above), _run(below)
        run = [*above[:up], kind, *below[:down]]
        before, after = [*above[up:], "", "", ""], [*below[down:], ""][0]
        if not {"who", "lettered"} & set(run) or after not in _ENDS:
            return False
        if before[0] == "titled":
            # At the top, whatever it is: a name with other letters after it, a slogan.
            before = before[1:]
        if before[0] not in ("", "closing"):
            # No gap below a sentence: then it begins with somebody's name.
            top = above[up - 1] if up else kind
            return len(run) > 1 and top in _PEOPLE
        signed = "closing" in (before[0], before[1])
        # An institution alone may be where a patient is sent; with a name, a telephone number or above all it is ours.
        if not signed and not {"contact", *_PEOPLE} & set(run) and any(above[up:]):
            return False
        # What looks like a name may be a disease, unless a closing phrase stands before it.
        return signed or kind != "name"

    def _in_notice(self, place: int) -> bool:
        """Tell whether the paragraph at `place` is a legal notice that names nobody by number or date."""
        if self._scope == "headers":
            return False
        first = self._octets.rfind(b"\n\n", max(place - NOTICE, 0), place)
        if first < 0 and place > NOTICE:
            return False
        first = 0 if first < 0 else first + 2
        if first not in self._notices:
            last = self._octets.find(b"\n\n", place, place + NOTICE)
            paragraph = self._octets[first : last if last >= 0 else place + NOTICE].decode("utf-8", "replace")
            begins = _NOTICE.match(paragraph) is not None
            self._notices[first] = begins and bool(_INTENDED.search(paragraph)) and not _PERSONAL.search(paragraph)
        return self._notices[first]

    def _around(self, start: int, step: int) -> list[str]:
        """Return the kinds of up to `RUN` lines above or below, the next one first."""
        kinds: list[str] = []
        while len(kinds) < RUN and "long" not in kinds:
            if step < 0 and start > 0:
                start = self._start(start - 1)
            elif step > 0 and self._line(start)[0] < len(self._octets):
                start = self._line(start)[0] + 1
            else:
                break
            kinds.append(self._line(start)[1])
        return kinds

    def _start(self, place: int) -> int:
        """Return where the line at `place` begins, as far back as a line is worth looking at."""
        least = max(place - LINE - 1, 0)
        found = self._octets.rfind(b"\n", least, place)
        return least if found < 0 else found + 1

    def _line(self, start: int) -> tuple[int, str]:
        """Return where the line that begins at `start` ends, and its kind."""
        if start not in self._kinds:
            end = self._octets.find(b"\n", start, start + LINE + 1)
            if end < 0:
                end = min(start + LINE + 1, len(self._octets))
            long = end - start > LINE
            self._kinds[start] = (end, "long" if long else _kind(_shown(self._octets[start:end])))
        return self._kinds[start]

    def _in_domain(self, place: int) -> bool:
        """Tell whether the word at `place` belongs to the domain of an address, or the host of a link."""
        head = re.split(rb"[\s<>\"'(),;]", self._octets[max(place - LINE, 0) : place])[-1]
        if b"://" in head:
            return b"/" not in head.rpartition(b"://")[2]
        return b"@" in head or head.lower().startswith(b"www.")


_SHIELDED = ("name", "person", "lettered", "who", "field")
_OF_CARDS = (*_SHIELDED, "contact")
_PEOPLE = ("name", "person", "lettered")
_ENDS = ("", "rule", "closing", "long")
"""What may follow a run of lines."""


def _run(kinds: list[str]) -> int:
    """Return how many of the first lines belong to a signature or letterhead.

    One empty line between two of them is a gap as HTML makes it, and no end.
    """
    count = 0
    while kinds[count : count + 1] and (
        kinds[count] in _OF_CARDS or (not kinds[count] and [*kinds[count + 1 :], ""][0] in _OF_CARDS)
    ):
        count += 1
    return count


def _shown(octets: bytes) -> str:
    """Return a line without the marks of a quotation."""
    return _QUOTE.sub("", octets.decode("utf-8", "replace")).strip()


@cache
def _given_names() -> frozenset[str]:
    return frozenset(lexicon.read(lexicon.SHIPPED / "given-names.txt"))


def _kind(line: str) -> str:
    """Return what a line is.

    Empty, `rule`, `closing`; a `person` (by the given name) or one `lettered` (RN, MD), what may be a `name`, `who` (an
    institution or a post), a `field` such as a department, `titled` (other words with capitals), `contact`, `other`.
    """
    if line == "--":
        return "rule"
    if not line or _BAR.fullmatch(line):
        return ""
    if _CLOSING.fullmatch(line):
        return "closing"
    words = line.split()
    titled = len(words) <= 10 and _TITLED.fullmatch(line) and not _STOP.search(line.rstrip("."))
    if titled and _LETTERS.fullmatch(line):
        return "lettered"
    if titled and (_INSTITUTION.search(line) or _POST.search(line)):
        return "who"
    if titled and len(words) <= 5 and _FIELD.fullmatch(line):
        return "field"
    if titled and len(words) <= 4 and re.sub(r"[ .'’-]", "", line).isalpha() and words[0].lower() in _given_names():
        return "person"
    if titled and _NAME.fullmatch(line):
        return "name"
    if len(words) <= 14 and _CONTACT.search(line):
        return "contact"
    return "titled" if titled else "other"


def _terse(line: str) -> bool:
    """Tell whether a line below the rule of a signature is as short as a name, a trade or a place."""
    return len(line.split()) <= 6 and not _STOP.search(line) and not re.search(r"\d", line)
