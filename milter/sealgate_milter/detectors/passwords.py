"""Passwords that people hand over: "password: hunter2", "your password is Xy7!kq", a wireless network's key.

What follows the word must look like a password: no sentence going on, no code, no stand-in, no date. A word of
letters alone counts only quoted, or at the end of a line that hands it over or follows the name it belongs to.
"""

import re
from collections.abc import Iterator

import re2

from sealgate_milter.detectors.match import Match

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
_QR = r"WIFI:(?:[A-OQ-Z]:[^;\n]{0,64};){1,4}P:([^;\n]{4,63});"
GATE = f"{_WORD}|WIFI:"
"""Where one could be."""
_WORDS = re2.compile(_WORD.encode())
_HANDED = re.compile(f"{_FOR}({_JOINT}){_VALUE}".encode())
_CODES = re.compile(_QR.encode())
_GIVER = re.compile(
    rb"(?i)\b(?:my|your|his|her|our|the|new|temporary|initial|ihr|dein|votre|su) (?:new |temporary |initial )?\Z|"
    rb"\b(?:user ?(?:name|id)?|log-?in|account|benutzer(?:name)?|utilisateur|usuario|sign in|credentials|"
    rb"zugangsdaten)\b(?s:.){0,100}\Z"
)
_MEETING = re.compile(
    rb"(?i)meeting (?:id|link|url|number|room)|meeting-id|join (?:us|the|zoom|meeting)|zoom|webinar|webex|dial[ -]in|"
    rb"conference (?:id|call|line|bridge|code)|microsoft teams|teams-|besprechungs|telefonkonferenz|visio-?conf"
)
_NO_PASSWORD = re.compile(
    "|".join((
        r"(?:md|sha|utf|base|argon|pbkdf|bcrypt|rsa|aes|win|ipv|http|oauth|sasl|tls|ssl|v)-?[0-9.-]+",
        r"[0-9]+(?:st|nd|rd|th|x|k|m|s|ms|px|kb|mb|gb|%|min)?",
        r"[0-9]+-?(?:day|char|character|digit|month|hour|minute|letter|year|week|bit|byte)s?",
        r"v?[0-9]+(?:[.,:/-][0-9]+)+%?", r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*",  # versions, addresses, dates, times
        r"[^@]+@[^@]+\.[a-z]{2,}", r"[a-z]+://.*", r"(?:/|\./|~/|[A-Z]:\\).*",  # mail, web, files
        r".*\.(?:py|js|ts|go|rb|java|php|txt|pdf|html?|json|ya?ml|toml|conf|cfg|ini|docx?|xlsx?|zip|pem|env)",
        r"[$<{%[(\\].*|&(?:#|lt|gt|quot).*", r".*[({[].*", r".*[)}\]];?", r".*\$\{?[A-Za-z].*",  # code
    )).encode(),
    re.IGNORECASE,
)  # fmt: skip
_IDENTIFIER = re.compile(rb"[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)*")
_STAND_IN = re.compile(
    rb"(?i)(?:[a-z]*pass(?:word|wd|wort)?|[a-z]*secret|required|optional|string|none|null|true|false|hidden|missing|"
    rb"change-?me|wrong|incorrect|invalid|expired?|same|below|above|attached|separate(?:ly)?|please|example|redacted|"
    rb"unchanged|empty|default|text|test|unknown|blank|forgot(?:ten)?|reset|(.)\1*)[.,;!?]?"
)


def find(text: bytes) -> Iterator[Match]:
    """Yield every password handed over in `text` (normalised UTF-8)."""
    for word in _WORDS.finditer(text):
        match = _HANDED.match(text, word.end())
        if match is None:
            continue
        value = match[3].rstrip(b".,;!?*_")
        if match[1] == b"=":
            value = value.partition(b"&")[0]  # of a form's fields
        start, end = match.start(3), match.start(3) + len(value)
        if not _given(text, word.start(), match[1], match[2], value, end) or _for_a_meeting(text, word.start()):
            continue
        # One can board with a pass, too.
        if word[0].lower() != b"pass" or _GIVER.search(text, max(0, word.start() - 160), word.start()):
            yield Match(start, end, value)
    for match in _CODES.finditer(text):
        yield Match(match.start(1), match.end(1), match[1])


def _given(text: bytes, word: int, joint: bytes, quote: bytes, value: bytes, end: int) -> bool:
    """Tell whether what stands behind the word and its joint is a password."""
    if len(value) < 4 or _STAND_IN.fullmatch(value) or not any(chr(octet).isalnum() for octet in value):
        return False
    if value.isdigit():
        return (len(value) >= 6 or b"pin" in text[word : word + 16].lower()) and b"=" not in joint
    if _NO_PASSWORD.fullmatch(value):
        return False
    if b"\n" in joint and text[end : end + 40].partition(b"\n")[0].strip():
        return False
    if not _mixed(value):
        return _a_word(text, word, joint, quote, value, end)
    if b"=" in joint and not quote and _IDENTIFIER.fullmatch(value):
        return bool(re.search(rb"[0-9]", value)) and b"." not in value and b"_" not in value and len(value) >= 6
    return True


def _mixed(value: bytes) -> bool:
    """Tell whether letters do not stand alone: a digit or sign is among them."""
    if re.search(rb"[0-9]", value):
        return True
    return re.search(rb"[!@#$%^&*+?~]", value[:-1]) is not None


def _a_word(text: bytes, word: int, joint: bytes, quote: bytes, value: bytes, end: int) -> bool:
    """Tell whether a value of letters alone is a password by the way it is said."""
    if quote:
        return joint.strip().isalpha() and len(value) >= 6
    if b":" not in joint or not value.isalpha() or text[end : end + 40].partition(b"\n")[0].strip():
        return False
    return _GIVER.search(text, max(0, word - 160), word) is not None


def _for_a_meeting(text: bytes, word: int) -> bool:
    """Tell whether it opens a meeting, which every invitation says in clear."""
    return _MEETING.search(text, max(0, word - 240), word) is not None
