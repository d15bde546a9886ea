"""Names of people in running text: what they look like, and whether one is somebody's at all.

Used by the detectors of patients' names. A name is two words or more with capitals, a title and a surname, or
`SURNAME, Given`; the usual given names are those of the lexicon `given-names`.
"""

import functools
import re
from collections.abc import Iterator

import re2

from sealgate_milter import effort, lexicon
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import wrapped
from sealgate_milter.gate import Gate

WORD = r"[A-Z](?:[a-z]{1,20}|['’][A-Z][a-z]{1,20}|[a-z]{1,3}[A-Z][a-z]{1,20})(?:-[A-Z][a-z]{1,20})?"
UPPER = r"[A-Z]{2,20}(?:-[A-Z]{2,20})?"
TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Master|Baby)\.?"
FULL = (
    rf"(?:[A-Z]\. ?(?:[A-Z]\. ?)?{WORD}|"
    rf"{WORD}(?: [A-Z]\.?| {WORD})? (?:(?:de|la|del|van|von|der|da|dos|bin|al) ){{0,2}}{WORD}|"
    rf"{WORD}, ?{WORD}(?: [A-Z]\b\.?)?|{UPPER}, ?{UPPER}|{UPPER}, ?{WORD}|{UPPER} (?:[A-Z]\.? )?{UPPER})"
)
PERSON = rf"(?:{TITLE} (?:{WORD} )?(?:[A-Z]\. )?{WORD}|{WORD} (?:[A-Z]\.? )?{WORD})"
_BEFORE = re.compile(rb"(?i)\b(?:dr|drs|doctor|prof|professor|nurse|sister|attorney|officer|rev|judge)\.?,? \Z")
_AFTER = re.compile(
    rb",? ?(?:M\.?D|D\.?O|R\.?N|L\.?P\.?N|Ph\.?D|N\.?P|P\.?A(?:-C)?|F\.?A\.?C\.?[SCP]|D\.?D\.?S|D\.?M\.?D|LCSW|Psy\.?D|"
    rb"MPH|MBA|Esq|CRNA|FRCS|FRCP|MBBS|Pharm\.?D|OTR|DPT|CPA)\b"
)
_NOBODY = frozenset(
    b"""name names none unknown please dear phone address date birth account number care first portal services service
    access health safety advocate experience relations information info registration financial education satisfaction
    engagement centered bill rights id identifier initials signature consent form forms history summary required here
    not see the this that has is was was john_doe test sample example redacted confidential abc xyz insurance plan
    medical center clinic hospital medicine data record records status type visit room bed age sex gender mrn dob ssn
    to be tbd na n/a first last middle full legal current new returning all any each every my our your their his her
    member members support team monday tuesday wednesday thursday friday saturday sunday january february march
    april may june july august september october november december doctor nurse surgery diagnosis
    treatment therapy chart results""".split()
)



class People:
    """Patterns over text that mail has wrapped, whose first group is a name; one pass tells which could match.

    `known` asks for a title or a usual given name in it.
    """

    def __init__(self, *patterns: str, known: bool) -> None:
        whole = [wrapped(pattern, classes=False) for pattern in patterns]
        self._gate = Gate({str(place): pattern for place, pattern in enumerate(whole)})
        self._patterns = [re2.compile(pattern.encode()) for pattern in whole]
        self._known = known

    def find(self, text: bytes) -> Iterator[Match]:
        """Yield every name in `text` (normalised UTF-8)."""
        for place in self._gate.open(text):
            for match in self._patterns[int(place)].finditer(text):
                effort.step()
                start, name = match.start(1), _on_its_line(match[1])
                if _somebody(name, self._known) and not _carer(text, start, start + len(name)):
                    yield Match(start, start + len(name), b" ".join(re.findall(rb"[a-z]+", name.lower())))


@functools.cache
def _given() -> frozenset[bytes]:
    return frozenset(name.encode() for name in lexicon.read(lexicon.SHIPPED / "given-names.txt"))


def _on_its_line(name: bytes) -> bytes:
    """Return `name` without a word of the next line, where it is whole without it."""
    line = name.partition(b"\n")[0].rstrip()
    return line if b" " in line else name


def _somebody(name: bytes, known: bool) -> bool:
    """Tell whether a name is a person's."""
    words = re.findall(rb"[a-z]+", name.lower())
    if any(word in _NOBODY for word in words):
        return False
    titled = words[0] in (b"mr", b"mrs", b"ms", b"miss", b"mx", b"master", b"baby")
    if titled:
        return len(words) > 1 and len(words[-1]) > 2
    return not known or any(word in _given() for word in words)


def _carer(text: bytes, start: int, end: int) -> bool:
    """Tell whether a title before or a degree after the name makes it a doctor's or nurse's."""
    return _BEFORE.search(text[max(0, start - 14) : start]) is not None or _AFTER.match(text, end) is not None
