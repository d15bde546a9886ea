"""Footers of a mail: legal notices and the company data that every message of a firm ends with.

"This e-mail is strictly confidential and intended for the addressee" and "Muster GmbH, HRB 1234, IBAN ..." say nothing
about the message above them, so tests may leave them out (scope `footer`). A notice begins with its line ("This
e-mail ...", "Disclaimer: ...") and names its recipients; company data is a paragraph with a commercial register or VAT
number, and the bank's paragraph beside it, without a sentence in either.
"""

import re

from sealgate_milter.detectors.match import Match
from sealgate_milter.reading import Text

LONGEST, LINES = 3000, 60
"""Octets and lines of the longest paragraph that is looked at."""
JUDGED = 2000
"""Matches of one test in one text that are looked at; any further one counts as outside of footers."""
_MARKS = b" \t\n>|*_-=#"

_OPENS = re.compile(
    rb"(?im)^[ \t>|*_=#-]*(?:"
    rb"(?:[\w-]+ ){0,4}disclaimer\b|"
    rb"(?:(?:strictly|legal|important|privacy|e-?mail) ){0,2}(?:confidential(?:ity)?|privileged?|privacy|notice)\b|"
    rb"attorney[ -]client|"
    rb"(?:all |any )?(?:the )?(?:information|contents?|material)\b.{0,40}\bthis (?:e-?mail|message|communication)|"
    rb"this (?:electronic |private )?(?:e-?mail|message|communication|transmission|correspondence)\b|"
    rb"diese (?:e-?mail|nachricht)\b|ce (?:message|courriel|mail)\b|este (?:mensaje|correo|e-?mail)\b|"
    rb"(?:questo messaggio|questa e-?mail)\b|dit (?:e-?mail)?bericht\b|deze e-?mail\b)"
)
_NAMES_READERS = re.compile(
    rb"(?i)\bdisclaimer\s*:|\bconfidentiality (?:notice|note|statement)|"
    rb"\bintended\s+(?:\w+\s+){0,2}(?:recipient|addressee|(?:for|to)\b(?:\s+\w+){0,5}\s+(?:recipients?|addressees?|"
    rb"individual|person|entity|named))|"
    rb"\b(?:received|receive)\s+(?:this|it)\b[^.]{0,40}\b(?:in|by)\s+(?:error|mistake)|"
    rb"\bnot\s+(?:the\s+|an\s+)?(?:intended|named|right)\s+(?:recipient|addressee)|"
    rb"\b(?:richtige|rechtm\S{1,3}ige|vorgesehene)\w*\s+(?:adressat|empf)|irrt\S{1,3}mlich\s+erhalten|"
    rb"\bdestinataires?\b|\bdestinatari[oa]s?\b|\bgeadresseerde"
)
_SHORT = re.compile(
    rb"(?i)this (?:e-?mail|message)(?: and (?:any|all|its) (?:attachments?|attached files?))? (?:is|are) "
    rb"(?:strictly |private and )?confidential(?: and (?:may be )?(?:legally )?privileged)?\.?"
)
_GOES_ON = re.compile(
    rb"(?i)(?:it (?:may|is)|any |if you|if this|the (?:information|contents?|sender|views)|unauthori[sz]ed|access to)\b"
)
_QUOTED_BELOW = re.compile(rb"(?i)>|on [^\n]{8,90}wrote|(?:from|von|de): |-----|_____")

_REGISTERED = re.compile(
    rb"\bHR[AB]\b|(?i:\bhandelsregister|\bregistergericht|\bamtsgericht|\bust[.-]? ?id|\bsteuer-?n(?:umme)?r|\bvat\b|"
    rb"\bcommercial regist|\bregistered (?:office|in|no|number)|\bcompany (?:reg|no|number)|"
    rb"\bgesch\S{1,3}ftsf\S{1,3}hr|"
    rb"\bmanaging directors?\b|\bsitz der gesellschaft|\bsiren\b|\bsiret\b|\brcs\b|\btva\b|\bcapital social|"
    rb"\bp\. ?iva\b|\bpartita iva|\bkvk\b|\bbtw\b|\bregistro mercantil|\bregon\b|\bkrs\b|\borg\.? ?n(?:r|o)\b|"
    rb"\bfirmenbuch|\bcvr\b)"
)
_BANK = re.compile(rb"(?i)\bbank|\bbic\b|\bswift\b|\biban\b|sparkasse|\bkonto")
_ASKS = (
    rb"(?:please|kindly|bitte|pay(?:s|ing)? |paid |transfer(?:red)? |remit|wire |send|deposit |refund|"
    rb"\S{1,3}berweis|zahl(?:en|ung|bar)|veuillez|virement|por favor|transferencia|bonifico|gelieve|betal|salary|"
    rb"amount|due )"
)
_ASKING = re.compile(rb"(?i)\b" + _ASKS)
_SAYS = re.compile(
    rb"(?i)\b(?:" + _ASKS + rb"|(?:we|you|your|this|that|is|are|was|will|has|have|i|wir|sie|ist|wird|nous|vous|est)\b)"
)
"""Words of a request to pay, or of any sentence: company data has neither."""


class Footers:
    """The footers of one text (normalised UTF-8), looked for where something was found."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._last = self._footer = (0, 0)

    def covers(self, match: Match) -> bool:
        """Tell whether a match stands in a footer."""
        start, end = self._last
        if not start <= match.start < end:
            self._last = self._paragraph(match.start)
            self._footer = self._found(*self._last)
        return self._footer[0] <= match.start < self._footer[1]

    def _found(self, start: int, end: int) -> tuple[int, int]:
        """Return which stretch of the paragraph is a footer, an empty one when none is."""
        if end - start >= LONGEST:
            return start, start
        paragraph = self._octets[start:end]
        if self._is_company(paragraph, start, end):
            return start, end
        opening = self._notice(paragraph)
        if opening >= 0:
            return start + opening, end
        above = self._octets[slice(*self._beside(start, -1))]
        alone = _SHORT.fullmatch(paragraph.strip(_MARKS)) and above.strip(_MARKS) and self._is_last(end)
        goes_on = _GOES_ON.match(paragraph.lstrip(_MARKS)) and self._notice(above) >= 0
        return start, end if alone or goes_on else start

    def _is_company(self, paragraph: bytes, start: int, end: int) -> bool:
        above = self._octets[slice(*self._beside(start, -1))].rstrip(_MARKS)
        if _SAYS.search(paragraph) or above.endswith(b":"):
            return False
        if _REGISTERED.search(paragraph):
            return True
        beside = (self._octets[slice(*self._beside(place, step))] for place, step in ((start, -1), (end, 1)))
        registered = any(_REGISTERED.search(one) and not _SAYS.search(one) for one in beside)
        return registered and _BANK.search(paragraph) is not None and _ASKING.search(above) is None

    def _notice(self, paragraph: bytes) -> int:
        """Return where in a paragraph a legal notice begins, -1 for nowhere."""
        found = _OPENS.search(paragraph)
        return found.start() if found and _NAMES_READERS.search(paragraph, found.start()) else -1

    def _is_last(self, end: int) -> bool:
        """Tell whether no text of the writer's own follows."""
        rest = self._octets[end : end + LONGEST].lstrip(b" \t\n*_-=#")
        return not rest or _QUOTED_BELOW.match(rest) is not None

    def _paragraph(self, place: int) -> tuple[int, int]:
        """Return the span of the paragraph at `place`, as far as paragraphs are looked at."""
        least, most = max(0, place - LONGEST), min(len(self._octets), place + LONGEST)
        start = self._line_start(place, least)
        for _ in range(LINES):
            above = self._line_start(start - 1, least)
            if start <= least or not self._octets[above : start - 1].strip(_MARKS):
                break
            start = above
        else:
            start = least
        end = place
        for _ in range(LINES):
            end = self._octets.find(b"\n", end, most)
            if end < 0:
                return start, most
            following = self._octets[end + 1 : most].partition(b"\n")[0]
            if not following.strip(_MARKS):
                return start, end
            end += 1
        return start, most

    def _line_start(self, place: int, least: int) -> int:
        """Return where the line at `place` begins, not before `least`."""
        return max(least, self._octets.rfind(b"\n", least, max(place, least)) + 1)

    def _beside(self, place: int, step: int) -> tuple[int, int]:
        """Return the span of the paragraph that ends before `place` (`step` -1) or begins behind it (1)."""
        if step < 0:
            head = self._octets[max(0, place - LONGEST) : place].rstrip(_MARKS)
            return self._paragraph(max(0, place - LONGEST) + len(head) - 1) if head else (0, 0)
        tail = self._octets[place : place + LONGEST]
        text = tail.lstrip(_MARKS)
        return self._paragraph(place + len(tail) - len(text)) if text else (place, place)


def scoped(text: Text, scope: frozenset[str], matches: list[Match]) -> list[Match]:
    """Return the matches in `text` that a test with this `scope` looks at: body and footer are two of them."""
    if text.scope != "body" or ("body" in scope) == ("footer" in scope):
        return matches
    footers, wanted = Footers(text.octets), "footer" in scope
    judged = [match for match in matches[:JUDGED] if footers.covers(match) == wanted]
    return judged if wanted else judged + matches[JUDGED:]
