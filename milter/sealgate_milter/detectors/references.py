"""Numbers without a shape of their own, beside a label: five digits or more, with letters and hyphens."""

import re
from collections.abc import Iterator

from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.numbers import Numbers

_VALID = re.compile(rb"[A-Z]{0,5}[0-9][A-Z0-9]{4,18}")
_OF = r"(?:[ _-]?(?:id(?:entification)?(?:[ _-](?:number|no))?|number|num|no|nbr)\b\.?| ?[#:])"
_PHONE = re.compile(rb"1?[ -]?[2-9][0-9]{2}[ -][0-9]{3}[ -][0-9]{4}")
_DATE = re.compile(
    rb"[0-9]{1,2}[- ][0-9]{1,2}[- ](?:[0-9]{2}|(?:19|20)[0-9]{2})|(?:19|20)[0-9]{2}[- ]?[01]?[0-9][- ]?[0-3]?[0-9]"
)
_LABEL = re.compile(rb"(?i)(?:no\.?|number|num|#|id)[ :]*\Z")


def _valid(value: bytes) -> bool:
    return _VALID.fullmatch(value) is not None and sum(48 <= octet < 58 for octet in value) >= 5


class References:
    """Numbers after `numbered` words with "number", "ID", "#" or a colon, and right after `bare` words."""

    def __init__(self, numbered: str, bare: str) -> None:
        self._numbered = Numbers(
            shape=r"[A-Z]{0,4}-?[0-9]{2,9}(?:[- ][A-Z0-9]{2,8}){1,3}|[A-Z]{0,5}-?[0-9][A-Za-z0-9]{4,15}",
            cue=rf"\b(?:{numbered}){_OF}",
            valid=_valid,
            before=28,
            after=0,
        )
        self._bare = Numbers(
            shape=r"#?[A-Z]{0,4}-?[0-9]{2,9}(?:-[A-Z0-9]{1,9}){1,3}|[A-Z]{0,4}[0-9]{6,14}[A-Z]?",
            cue=rf"\b(?:{bare})[ :]",
            valid=_valid,
            before=1,
            after=0,
        )
        self.gate = f"{self._numbered.gate}|{self._bare.gate}"

    def find(self, text: bytes) -> Iterator[Match]:
        """Yield every number in `text` (normalised UTF-8) that is not written like a date or a telephone number."""
        for match in (*self._numbered.find(text), *self._bare.find(text)):
            shown = text[match.start : match.end]
            if _DATE.fullmatch(shown):
                continue
            if not _PHONE.fullmatch(shown) or _LABEL.search(text[max(0, match.start - 12) : match.start]):
                yield match
