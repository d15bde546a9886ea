"""Passwords that people hand over: "password: hunter2", "your password is Xy7!kq", a wireless network's key.

What follows must look like a password. A word of letters alone counts only quoted, or at the end of a line that hands
it over or follows the name it belongs to; without "is" or a colon only what mixes letters, digits and signs does.
"""

import re
from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors import columns
from sealgate_milter.detectors.match import Match
from sealgate_milter.detectors.password_shape import mixed, named, plain, possible, signed, trimmed

_WORD = (
    r"(?i:(?:\b|_)(?:pass[ -]?(?:word|wort|wd|wrd|phrase|code)|(?-i:[Pp]ass)|pwd|pw|kennwort|mot de passe|mdp|"
    r"contrase(?:ñ|n)a|senha|wachtwoord|l(?:ö|o)senord|adgangskode|passord|salasana|has(?:ł|l)o|heslo|jelsz(?:ó|o)|parola|"
    r"psk|wpa[23]?(?:[ -]psk)?(?:[ -]key)?|(?:wi-?fi|wlan)[ -]?(?:key|schl(?:ü|u)ssel|code)|"
    r"network (?:security )?key|netzwerkschl(?:ü|u)ssel|(?:your |my |his |her )(?:new |card |bank )?pin)|"
    r"пароль|密码|密碼|パスワ[ー-]ド|비밀번호)"
)
_WHOSE = r"you|we|i|that|on|in|at|for|to|of|zum|zur|f(?:ü|u)r|pour|para|voor|per|do"
_FOR = rf"(?i:[ \t]{{1,2}}(?:{_WHOSE})\b(?:[^\n:=.]|\.\S){{1,48}})?"
_IS = r"(?::=|=>|[:=]|[ \t](?i:(?:is now|is|ist|lautet|est|es|was|will be)\b|-[ \t]))"
_JOINT = rf"[\"'*_ \t)\]]{{0,4}}{_IS}[ \t:*_]{{0,4}}\n?[ \t>]{{0,4}}"
_VALUE = r"([\"'`]?)([^\s\"'`<>|]{4,64})"
_HANDED = re.compile(f"{_FOR}({_JOINT}){_VALUE}".encode())
_OPEN = r"[\"'`]?(?P<value>[^\s\"'`<>|]{4,64})"
_CHANGED = re.compile(rf"(?i:[ \t]to[ \t]{{1,2}}){_OPEN}".encode())
_BESIDE = re.compile(rf"[ \t]{{1,2}}\(?{_OPEN}".encode())
_IN_CELL = re.compile(rf"[ ]{{0,8}}[\t|\n][ \t|]{{0,8}}{_OPEN}(?=[ ]{{0,8}}(?:[\t|\n]|\Z))".encode())
_REVERSED = re.compile(rf"(?i)\b(?:use|enter|type) {_OPEN}[\"'`]? (?:as|for) (?:the |your |a )?\Z".encode())
_SLASHED = r"(?i:\b(?:credentials?|log-?in|user ?(?:name|id)?/pass\w{0,6}|zugangsdaten)(?: is| are|:)[ \t]{1,4})"
_PAIR = re.compile(rb"\S{2,48}[ \t]?/[ \t]?([^\s\"'`<>|]{4,64})")
_QR = r"WIFI:(?:[A-OQ-Z]:[^;\n]{0,64};){1,4}P:([^;\n]{4,63});"
GATE = f"{_WORD}|{_SLASHED}|WIFI:"
"""Where one could be."""
_WORDS = re2.compile(_WORD.encode())
_SLASHES = re2.compile(_SLASHED.encode())
_CODES = re.compile(_QR.encode())
_SETTING = re.compile(rb"(?i)\b(?:(?:re)?set|chang(?:ed?|ing)|updated?)\b[^\n.]{0,24}\Z")
_GIVER = re.compile(
    rb"(?i)\b(?:my|your|his|her|our|the|new|temporary|initial|ihr|dein|votre|su) (?:new |temporary |initial )?\Z|"
    rb"\b(?:user ?(?:name|id)?|log-?in|account|benutzer(?:name)?|utilisateur|usuario|sign in|credentials|"
    rb"zugangsdaten)\b(?s:.){0,100}\Z"
)
_NAMES = re.compile(rb"(?i)user|log-?in|e-?mail|\bname|account|benutzer|utilisateur|usuario|\bhost|\bsite|\burl")
_USER_AFTER = re.compile(rb"(?i)[^\n]{0,4}[,; ]{1,3}(?:user|login)\b")
_MEETING = re.compile(
    rb"(?i)meeting (?:id|link|url|number|room)|meeting-id|join (?:us|the|zoom|meeting)|zoom|webinar|webex|dial[ -]in|"
    rb"conference (?:id|call|line|bridge|code)|microsoft teams|teams-|besprechungs|telefonkonferenz|visio-?conf"
)


def find(text: bytes) -> Iterator[Match]:
    """Yield every password handed over in `text` (normalised UTF-8), perhaps one twice."""
    words = [match.span() for match in _WORDS.finditer(text)]
    for start, end in words:
        effort.step()
        found = _announced(text, start, end) or _beside(text, start, end)
        if found is not None and not _MEETING.search(text, max(0, start - 240), start):
            yield found
    for start, end in columns.below(text, [span for span in words if _heads(text, *span)]):
        if mixed(text[start:end]) and plain(text[start:end]) and b"_" not in text[start:end]:
            yield Match(start, end, text[start:end])
    for cue in _SLASHES.finditer(text):
        pair = _PAIR.match(text, cue.end())
        if pair is not None and signed(pair[1]) and possible(trimmed(pair[1])):
            yield _match(pair.start(1), pair[1])
    for match in _CODES.finditer(text):
        yield Match(match.start(1), match.end(1), match[1])


def _match(start: int, shown: bytes) -> Match:
    value = trimmed(shown)
    return Match(start, start + len(value), value)


def _announced(text: bytes, start: int, end: int) -> Match | None:
    """Return what a colon, an equals sign or "is" announces behind the word `text[start:end]`."""
    match = _HANDED.match(text, end)
    if match is None:
        return None
    # One can board with a pass, too.
    if text[start:end].lower() == b"pass" and not _gives(text, start, match.end()):
        return None
    shown = match[3].partition(b"&")[0] if match[1] == b"=" else match[3]
    found = _match(match.start(3), shown)
    return found if _said(text, start, found, match[1], match[2]) else None


def _said(text: bytes, word: int, found: Match, joint: bytes, quote: bytes) -> bool:
    """Tell whether the value is a password, by its looks and by the way it is said."""
    value = found.value
    if value.isdigit() and len(value) > 3 and b"pin" in text[word : word + 16].lower():
        return True
    rest = text[found.end : found.end + 40].partition(b"\n")[0].strip()
    if not possible(value) or (b"\n" in joint and rest.strip(b"!?*.,;:_)")):
        return False
    if mixed(value):
        return not (b"=" in joint and not quote and named(value))
    if quote:
        return joint.strip().isalpha() and len(value) >= 6
    return b":" in joint and value.isalpha() and not rest and _GIVER.search(text, max(0, word - 160), word) is not None


def _gives(text: bytes, start: int, end: int) -> bool:
    """Tell whether a login stands before the word or right behind the value."""
    return bool(_GIVER.search(text, max(0, start - 160), start) or _USER_AFTER.match(text, end))


def _heads(text: bytes, start: int, end: int) -> bool:
    """Tell whether the word is a cell of a table's heading, another cell of which is one for names."""
    effort.step()
    before = text[max(0, start - 120) : start].rpartition(b"\n")[2]
    after = text[end : end + 120].partition(b"\n")[0]
    if end - start < 4 or (before[-1:] or b" ") not in b' \t|,;"' or (after[:1] or b" ") not in b' \t|,;"':
        return False
    return not re.search(rb"[(={]", before + after) and bool(_NAMES.search(before) or _NAMES.search(after))


def _beside(text: bytes, start: int, end: int) -> Match | None:
    """Return what stands beside the word without a colon: in the next cell, set "to" it, before "as", in brackets."""
    if end - start < 7:  # not pass, pw and their like
        return None
    setting = _SETTING.search(text, max(0, start - 40), start)
    for match, wanted in (
        (_IN_CELL.match(text, end), mixed),
        (_CHANGED.match(text, end) if setting else None, mixed),
        (_BESIDE.match(text, end), signed),
        (_REVERSED.search(text, max(0, start - 90), start), mixed),
    ):
        if match is not None and wanted(match["value"]) and plain(trimmed(match["value"])):
            return _match(match.start("value"), match["value"])
    return None
