"""What makes a password acceptable: length, and that it is not made of what everybody tries first.

No rules of composition, no changing by the calendar (NIST SP 800-63B). The list below is of the words that common
passwords are made of; a password that is little else than such words, the person's own address, or runs of the
keyboard is refused with a sentence.
"""

import re
import unicodedata

SHORTEST = 15
LONGEST = 1000
UNCOMMON = 6
"""So many characters must be left when everything common is taken out."""

_WORDS = (
    "password passwort passwd kennwort secret geheim letmein welcome willkommen hello admin administrator master "
    "login iloveyou iloveu sunshine princess princesa dragon monkey shadow superman batman football baseball "
    "basketball soccer liverpool arsenal chelsea barcelona whatever freedom trustno trustme michael jennifer "
    "jessica charlie thomas daniel andrew joshua ashley hunter killer jordan ranger harley george summer winter "
    "spring autumn january february march april june july august september october november december monday "
    "tuesday wednesday thursday friday saturday sunday flower cookie cheese computer internet samsung google "
    "facebook microsoft windows apple iphone android changeme default access qwerty qwertz azerty asdf asdfgh "
    "zxcvb yxcvb test guest user root pass love money jesus angel lovely starwars pokemon matrix mustang ferrari "
    "mercedes porsche secure security sealgate message mail email account doctor hospital clinic patient health "
    "correcthorsebatterystaple correct horse battery staple "
)
_COMMON = _WORDS.split()
_RUNS = ("01234567890", "09876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm",
         "yxcvbnm", "azertyuiop", "1q2w3e4r5t6z7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb")
_LEET = str.maketrans("013457@$!", "oieastasi")


def normal(password: str) -> str:
    """Return the form in which a password is compared: NFKC, as RFC 8265 has it, so that every keyboard types it."""
    return unicodedata.normalize("NFKC", password)


def problem(password: str, *own: str) -> str:
    """Return a sentence about what is wrong with `password`, empty when nothing is; `own`: address, name, tenant."""
    plain = normal(password)
    if len(plain) < SHORTEST:
        return (f"Please use at least {SHORTEST} characters. This one has {len(plain)}. "
                "A short sentence is easy to keep in mind.")
    if len(plain) > LONGEST:
        return f"Please use at most {LONGEST} characters."
    if len(_uncommon(plain, own)) < UNCOMMON:
        return ("This would be guessed quickly: it is little more than common words, a pattern, or your own address. "
                "Please add words that nobody would connect with you.")
    return ""


def _uncommon(password: str, own: tuple[str, ...]) -> str:
    """Return what is left of `password` without common words, runs, repetitions and the person's own words."""
    rest = re.sub(r"[\W_]+", "", password.lower())
    words = {word for text in own for word in re.split(r"[\W_]+", text.lower()) if len(word) > 2}
    for word in sorted({*_COMMON, *words}, key=len, reverse=True):
        rest = rest.replace(word, " ").replace(word.translate(_LEET), " ")
        rest = re.sub(re.escape(word), " ", rest.translate(_LEET)) if word in rest.translate(_LEET) else rest
    for run in _RUNS:
        for size in range(len(run), 3, -1):
            for start in range(len(run) - size + 1):
                rest = rest.replace(run[start:start + size], " ")
    rest = re.sub(r"(.{1,4}?)\1+", r"\1", rest.replace(" ", ""))
    return rest if len(set(rest)) > 3 else ""
