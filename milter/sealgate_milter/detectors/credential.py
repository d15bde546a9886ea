"""Credentials: private keys, tokens, addresses with a password, passwords handed over, words that restore a wallet."""

import re
from collections.abc import Iterator

import re2

from sealgate_milter import effort
from sealgate_milter.detectors import passwords, tokens
from sealgate_milter.detectors.match import Match

NAME = "credential"
SENTENCE = (
    "Credentials: private keys, API tokens of known form, connection strings and addresses with a password, "
    "passwords handed over."
)
EXAMPLE = "Your password is hunter2"

_SEED = r"(?i:\b(?:seed|recovery|mnemonic|backup|secret)[ -](?:phrase|words)\b)"
GATE = f"{tokens.GATE}|{passwords.GATE}|{_SEED}"
_SEEDS = re2.compile(_SEED.encode())
_NUMBERED = r"(?:[0-9]{1,2}[.)] ?)?[a-z]{3,8}"
_LIST = re.compile(rf"[^\n:]{{0,30}}[:\n]\s{{0,3}}({_NUMBERED}(?:[ ,\n]{{1,3}}{_NUMBERED}){{11,23}})\b".encode())
_PROSE = frozenset(
    b"the and you your for with that this are not from have will any our its can these them must write keep".split()
)
"""Words of no word list for wallets."""


def find(text: bytes) -> Iterator[Match]:
    """Yield every credential in `text` (normalised UTF-8), each once."""
    reached = 0
    for match in sorted([*tokens.find(text), *passwords.find(text), *_seeds(text)]):
        if match.start >= reached:
            reached = match.end
            yield match


def _seeds(text: bytes) -> Iterator[Match]:
    for cue in _SEEDS.finditer(text):
        effort.step()
        match = _LIST.match(text, cue.end())
        if match is not None and not _PROSE.intersection(match[1].split()):
            yield Match(*match.span(1), match[1])


_LONG = "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
FIRES = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n" + _LONG * 2,
    "-----BEGIN PRIVATE KEY-----\\n" + _LONG * 2, "AKIAIOSFODNN7EXAMPLE", "ghp_" + _LONG, "token glpat-" + _LONG[:20],
    "xoxb-" + _LONG, "sk_live_" + _LONG[:24], "sk-ant-api03-" + _LONG * 2, "AIza" + _LONG[:35],
    "postgres://app:s3cr3tPw@db.example/x", "https://bob:Hunter2@host/", "redis://:k9FqPz27@cache:6379",
    "Server=db;User Id=sa;Password=k9F!qPz27;", "Authorization: Basic Ym9iOmh1bnRlcjI=",
    "Authorization: Bearer " + _LONG, 'api_key = "' + _LONG + '"', "https://x-token:a1b2c3d4@git.example/r.git",
    "AWS_SECRET_ACCESS_KEY=" + _LONG + "/+Zz",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "password: hunter2", "Your new password is Xy7!kq.",
    "pw = abc123", "User: bob\nPassword: swordfish", "Login: bob, password: swordfish", "Password:\n  Xy7kq92",
    "The password for the portal is Winter2024!", "Passwort: Sommer-19", "mot de passe : soleil75",
    "wifi password: guest-4711", "WPA2 key: 8chars99", "Your PIN is 4821", "пароль: зима2024", "token: " + _LONG,
    "Bearer " + _LONG, "I reset your password to Orange2560!", "credentials: bob / W!nter14",
    "user,password\nbob,hunter2", "login bob, password W!nter14", "use W1nter14 as the password",
    "WIFI:S:home;T:WPA;P:open-sesame;;", "passphrase: Tr0ub4dor&3", "Your login:\n- bob\n  password: swordfish",
    "user: bob / pass: S3cret!", "the password - Tr0ub4dor&3", "my password: qwerty",
    'The password for db01 is "correcthorse"', "the password you need is Blue-Sky-42", "passcode: 83a9Kd",
    "After the meeting: your password is Zug-4711",
    "Seed phrase: abandon ability able about above absent absorb abstract absurd abuse access accident",
)  # fmt: skip
SILENT = (
    "forgot your password?", "Reset your password: https://x.example/r/12ab", "password: required",
    "Password: ********", "password = os.environ['PASSWORD']", "password: str = None", "your password is incorrect",
    "The password is 8 characters", "password=password123x.strip()", "-----BEGIN PRIVATE KEY-----\n...",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "postgres://user:password@localhost/db", "https://$USER:$PASS@host/",
    "http://host:8080/path@2x.png", "http://foo:bar@host/",
    "https://s3.example/x?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F2024", "password: FilterOrBool", "pass: 98.50%",
    "the password: required", "passport: AB123456", "pass 12: done", "PASS: addr2line1", "boarding pass: XK4P2Q",
    "https://x.example/?token=" + _LONG, "change your password to something safe", "password policy 2024",
    "Teams-Besprechung\nPasscode: aB3xyz", "Mobile Network Code: 310260", "getent passwd in postinst. Closes: 444902",
    "sha1: AKIA", "Join Zoom Meeting\nMeeting ID: 812 3456 7890\nPassword: 3fGh7k", "password expires on: 2024-03-12",
    "password changed",
    "https://news.example/c?t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "password: bob@example.com", "api_key = config.services.production.payments.api_key", "password hash: sha256",
    "PIN: 482913", "Password is valid for 90 days", "password: ${DB_PASSWORD}",
    "Username: bob\nPassword: same as before", "pw = sha256(x)",
    "Recovery phrase: write down these twelve words and keep them safe from any other people you know",
)  # fmt: skip
