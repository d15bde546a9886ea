"""What a password looks like, and what it does not: dates, code, addresses, words that stand for one."""

import re

_NONE = re.compile(
    "|".join((
        r"(?:md|sha|utf|base|argon|pbkdf|bcrypt|rsa|aes|win|ipv|http|oauth|sasl|tls|ssl|v)-?[0-9.-]+",
        r"[0-9]+(?:st|nd|rd|th|x|k|m|s|ms|px|kb|mb|gb|%|min)?",
        r"[0-9]+-?(?:day|char|character|digit|month|hour|minute|letter|year|week|bit|byte)s?",
        r"v?[0-9]+(?:[.,:/-][0-9]+)+%?", r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*",  # versions, addresses, dates, times
        r"[^@]+@[^@]+\.[a-z]{2,}", r"[a-z]+://.*", r"(?:/|\./|~/|[A-Z]:\\).*",  # mail, web, files
        r".*\.(?:py|js|ts|go|rb|java|php|txt|pdf|html?|json|ya?ml|toml|conf|cfg|ini|docx?|xlsx?|zip|pem|env)",
        r"[a-z_][\w.]{2,}[(\[{].*", r"\$[({]?[a-z_]\w*[)}]?", r"%[a-z_]+%", r"[{(\[<%\\]+[\w. ,'!:-]*[})\]>%]*",  # code
        r".*[\[\]{}\\,].*", r"%[(a-z].*", r"&(?:#|lt|gt|quot).*", r".*[=;]{2}.*", r"0x[0-9a-f]+",
    )).encode(),
    re.IGNORECASE,
)  # fmt: skip
_STAND_IN = re.compile(
    rb"(?i)(?:1password|[a-z]*pass(?:word|wd|wort)?|[a-z]*secret|required|optional|string|none|null|true|false|hidden|missing|"
    rb"change-?me|wrong|incorrect|invalid|expired?|same|below|above|attached|separate(?:ly)?|please|example|redacted|"
    rb"unchanged|empty|default|text|test|unknown|blank|forgot(?:ten)?|reset|(.)\1*)[.,;!?]?"
)
_IDENTIFIER = re.compile(rb"[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)*")
_SYLLABLES = re.compile(rb"(?:[A-Za-z]{4}-){2,}[A-Za-z]{4}|(?:[A-Za-z]{6}-){2}[A-Za-z]{6}")
_PLAIN = re.compile(rb"[\w!$%^&\x80-\xff][\w!@#$%^&*+?~.\x80-\xff-]*")
_DIGIT, _LETTER, _SIGN = re.compile(rb"[0-9]"), re.compile(rb"[A-Za-z\x80-\xff]"), re.compile(rb"[!@#$%^&*+?~]")
_BRACKETS = {ord(")"): b"(", ord("]"): b"[", ord("}"): b"{"}
SHORTEST = 4


def trimmed(shown: bytes) -> bytes:
    """Return `shown` without the punctuation of the sentence around it."""
    value = shown.rstrip(b".,;:!?*_")
    while value and value[-1] in _BRACKETS and _BRACKETS[value[-1]] not in value:
        value = value[:-1].rstrip(b".,;:!?*_")
    return value


def possible(value: bytes) -> bool:
    """Tell whether a password may look like this at all; digits alone do so from six on."""
    if len(value) < SHORTEST or not (_DIGIT.search(value) or _LETTER.search(value)) or _STAND_IN.fullmatch(value):
        return False
    return len(value) >= 6 if value.isdigit() else _NONE.fullmatch(value) is None


def mixed(value: bytes) -> bool:
    """Tell whether letters do not stand alone: a digit or sign is among them, or they are syllables of a generator."""
    if _DIGIT.search(value) or _SYLLABLES.fullmatch(value):
        return True
    return _SIGN.search(value) is not None and _PLAIN.fullmatch(value) is not None


def plain(value: bytes) -> bool:
    """Tell whether it holds letters, digits and signs only, none of code's brackets, quotes and equals signs."""
    return possible(value) and _PLAIN.fullmatch(value) is not None


def signed(shown: bytes) -> bool:
    """Tell whether letters, digits and a sign come together, as in no word of a sentence."""
    return len(shown) >= 6 and not shown.endswith(b"?") and all(one.search(shown) for one in (_DIGIT, _LETTER, _SIGN))


def named(value: bytes) -> bool:
    """Tell whether it reads like a name in a program rather than a value."""
    if _IDENTIFIER.fullmatch(value) is None:
        return False
    variable = value.lower().startswith(b"passw") or b"." in value or b"_" in value
    return variable or len(value) < 6 or not _DIGIT.search(value)
