"""Detectors of the world's numbers: their checks agree with python-stdnum's; what stands before and behind them."""

import importlib
import itertools
import random
import re

import pytest
from stdnum.ca import bc_phn

from sealgate_milter import text
from sealgate_milter.detectors import DETECTORS

DAY = "{yy}{mm}{dd}"
SHAPES = {
    # detector: (module of stdnum, shape: # is a digit, @ a letter, {yy} and so on parts of a date; ends: what is tried)
    "uk-nhs": ("gb.nhs", "4########", "d"),
    "uk-utr": ("gb.utr", "#########", "d"),
    "ie-pps": ("ie.pps", "#######", "a"),
    "ca-sin": ("ca.sin", "1#######", "d"),
    "au-tfn": ("au.tfn", "4#######", "d"),
    "nz-ird": ("nz.ird", "4######", "d"),
    "sg-nric": (None, "S#######", "a"),
    "in-aadhaar": ("in_.aadhaar", "4##########", "d"),
    "in-pan": ("in_.pan", "@@@P@####", "a"),
    "za-id": ("za.idnr", DAY + "####08", "d"),
    "de-tax-id": ("de.idnr", "123456789#", "d"),
    "fr-nir": ("fr.nir", "1{yy}{mm}75######", "dd"),
    "es-nif": ("es.dni", "########", "a"),
    "it-codice-fiscale": ("it.codicefiscale", "@@@@@@{yy}T{dd}A###", "a"),
    "nl-bsn": ("nl.bsn", "1#######", "d"),
    "be-nrn": ("be.nn", DAY + "###", "dd"),
    "ch-ahv": ("ch.ssn", "756#########", "d"),
    "at-svnr": ("at.vnr", "1##{c}{dd}{mm}{yy}", ""),
    "se-personnummer": ("se.personnummer", DAY + "###", "d"),
    "dk-cpr": (None, "{dd}{mm}{yy}###", "d"),
    "fi-hetu": ("fi.hetu", "{dd}{mm}{yy}-1##", "A"),
    "no-fnr": ("no.fodselsnummer", "{dd}{mm}{yy}1##", "dd"),
    "pl-pesel": ("pl.pesel", DAY + "####", "d"),
    "pt-nif": ("pt.nif", "2#######", "d"),
    "mx-curp": ("mx.curp", "BOXW" + DAY + "HNERXN0", "d"),
    "mx-rfc": ("mx.rfc", "GODE" + DAY + "GR", "A"),
    "br-cpf": ("br.cpf", "#########", "dd"),
    "kr-rrn": ("kr.rrn", "{yy}{mm}{dd}-1045##", "d"),
    "cn-resident-id": ("cn.ric", "11010519{yy}{mm}{dd}###", "A"),
    "tr-tckn": ("tr.tckimlik", "1########", "dd"),
    "ro-cnp": ("ro.cnp", "1" + DAY + "12###", "d"),
    "cz-birth-number": ("cz.rc", DAY + "###", "d"),
    "gr-amka": ("gr.amka", "{dd}{mm}{yy}####", "d"),
    "il-id": ("il.idnr", "1#######", "d"),
    "cl-rut": ("cl.rut", "1#######", "A"),
    "ar-cuil": ("ar.cuit", "20########", "d"),
    "th-id": ("th.pin", "1###########", "d"),
    "my-nric": ("my.nric", DAY + "10###", "d"),
    "ru-inn": ("ru.inn", "5#########", "dd"),
    "bg-egn": ("bg.egn", DAY + "###", "d"),
    "hr-oib": ("hr.oib", "##########", "d"),
    "baltic-code": ("ee.ik", "3" + DAY + "###", "d"),
    "jmbg": ("si.emso", "{dd}{mm}9{yy}50###", "d"),
    "ca-health-card": (None, "9########", "d"),
    "imei": ("imei", "35############", "d"),
    "vehicle-id": (None, "1M8GDM9AXKP######", ""),
    "crypto-wallet": (None, "", ""),
}  # fmt: skip
CUES = {
    "uk-nhs": "NHS no", "uk-utr": "UTR", "ie-pps": "PPS", "ca-sin": "SIN", "au-tfn": "TFN", "nz-ird": "IRD",
    "in-aadhaar": "Aadhaar", "in-pan": "PAN", "za-id": "ID number", "de-tax-id": "Steuer-ID", "fr-nir": "NIR",
    "es-nif": "DNI",
    "nl-bsn": "BSN", "be-nrn": "NISS", "ch-ahv": "AHV", "at-svnr": "SVNR", "se-personnummer": "personnummer",
    "fi-hetu": "hetu", "no-fnr": "fødselsnummer", "pl-pesel": "PESEL", "pt-nif": "NIF", "mx-rfc": "RFC",
    "br-cpf": "CPF", "kr-rrn": "", "tr-tckn": "TCKN", "ro-cnp": "CNP", "cz-birth-number": "r.č.", "gr-amka": "AMKA",
    "il-id": "Israeli ID", "cl-rut": "RUT", "ar-cuil": "CUIL", "th-id": "Thai ID", "my-nric": "NRIC", "ru-inn": "ИНН",
    "bg-egn": "EGN", "hr-oib": "OIB", "baltic-code": "isikukood", "jmbg": "JMBG", "ca-health-card": "PHN",
    "imei": "IMEI",
}  # fmt: skip
ENDS = {"": ("",), "d": "0123456789", "a": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
ENDS["dd"] = tuple(f"{number:02}" for number in range(100))
COMPARED = [name for name, (module, _, _) in SHAPES.items() if module]


def numbers(name, count):
    """Yield `count` lists of numbers of the detector's shape, which differ in their check characters only."""
    _, shape, ends = SHAPES[name]
    chance = random.Random(name)
    for _ in range(count):
        year, month, day = chance.randrange(40, 99), chance.randrange(1, 13), chance.randrange(1, 29)
        parts = {"yy": f"{year}", "mm": f"{month:02}", "dd": f"{day:02}"}
        base = shape.replace("{c}", "~").format(**parts)
        base = re.sub("#", lambda _: chance.choice("0123456789"), base)
        base = re.sub("@", lambda _: chance.choice("BCDFGHJKLM"), base)
        yield [base.replace("~", end) for end in ENDS["d"]] if "~" in base else [base + end for end in ENDS[ends]]


def finds(name, sample):
    octets = text.normalise(sample).encode()
    return [octets[match.start : match.end].decode() for match in DETECTORS[name].find(octets)]


@pytest.mark.parametrize("name", COMPARED)
def test_check_agrees_with_stdnum(name):
    known = importlib.import_module(f"stdnum.{SHAPES[name][0]}").is_valid
    options = {"validate_check_digits": True} if name == "mx-rfc" else {}
    right = 0
    for number in itertools.chain.from_iterable(numbers(name, 12)):
        expected = known(number, **options)
        right += expected
        assert bool(finds(name, f"{CUES.get(name, '')} {number}")) == expected, number
    assert right


def test_every_british_columbian_health_number_is_found():
    for number in itertools.chain.from_iterable(numbers("ca-health-card", 20)):
        assert finds("ca-health-card", f"PHN {number}") or not bc_phn.is_valid(number)


def test_singapore_and_vehicle_numbers_have_one_right_check_character():
    for group in numbers("sg-nric", 20):
        assert sum(bool(finds("sg-nric", f"NRIC {number}")) for number in group) == 1
    assert finds("vehicle-id", "VIN 11111111111111111") == []


@pytest.mark.parametrize("name", CUES)
def test_without_its_cue_and_within_longer_numbers_it_is_silent(name):
    example = DETECTORS[name].example
    (found,) = finds(name, example)
    for wrapped in (f"{found}7", f"7{found}", f"x{found}", f"{found}x", f"{found}-77", f"https://x.example/{found}_1"):
        assert finds(name, f"{CUES[name]} {wrapped}") == [], wrapped


@pytest.mark.parametrize("name", [name for name in CUES if CUES[name]])
def test_found_below_a_heading_and_in_disguise(name):
    (found,) = finds(name, DETECTORS[name].example)
    heading = f"Name,{CUES[name]},Town\n" + "Ann Doe,,Springfield\n" * 12
    assert finds(name, f"{heading}Bob Roe,{found},Shelbyville\n") == [found]
    wide = found.translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    assert finds(name, f"{CUES[name]}: {wide}")
    assert finds(name, f"{CUES[name]}: " + "\u200b".join(found))


DATES = [
    "3/12/1980", "12.03.1980", "1980-03-12", "12 March 1980", "Mar 12, 1980", "12-Mar-1980", "12. März 1980",
    "19800312",
]  # fmt: skip


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("cue", ["DOB", "D.O.B.:", "Date of birth:", "born on", "geb.", "née le", "patient_dob ="])
def test_date_of_birth(cue, date):
    assert finds("date-of-birth", f"Jane Roe, {cue} {date}, Springfield") == [date]
    assert finds("date-of-birth", f"Jane Roe came on {date}") == []


def test_every_credential_hides_nothing_but_itself():
    for sample, secret in (
        ("The wifi password is guest-4711, have fun", "guest-4711"),
        ("mysql://app:k9F!qPz27@db.example/x", "k9F!qPz27"),
        ("Password = 'k9F!qPz27'", "k9F!qPz27"),
        ("curl -H 'Authorization: Basic Ym9iOmh1bnRlcjI='", "Ym9iOmh1bnRlcjI="),
    ):
        assert finds("credential", sample) == [secret]


LETTERHEADS = [
    "Beispiel GmbH, HRB 12345, USt-IdNr. DE129274202, Steuernummer 201/123/12340, Tel. 030 12345678, Fax 030 12345679",
    "Exemple SA au capital de 1 000 000 €, RCS Paris B 552 100 554, SIRET 732 829 320 00074, TVA FR40303265045",
    "Esempio S.r.l., P.IVA 00743110157, C.F. 00743110157, REA MI-1234567, cap. soc. € 10.000,00",
    "Ejemplo S.L., CIF B58378431, NIF A13585625, inscrita en el Registro Mercantil de Madrid, tomo 12345",
    "Voorbeeld B.V., KvK 12345678, BTW NL004495445B01, tel. 020 123 45 67",
    "Exempel AB, org.nr 556036-0793, momsreg.nr SE556036079301, bankgiro 5402-9681",
    "Eksempel ApS, CVR-nr. 13585628. Eksempel AS, org.nr. 974 760 673 MVA, tlf. 22 12 34 56",
    "Esimerkki Oy, Y-tunnus 0112038-9. Przyklad Sp. z o.o., NIP 526-02-50-274, REGON 010778878, KRS 0000012345",
    "Exemplo Ltda., CNPJ 11.222.333/0001-81, IE 110.042.490.114. Ejemplo SpA, RUT 76.086.428-5. CUIT 30-50001091-2",
    "Example Ltd, company no. 01234567, VAT GB 980 7806 84. Example Pty Ltd, ABN 53 004 085 616, ACN 004 085 616",
    "Example Inc., BN 123456782RT0001. Example India, GSTIN 27AAPCU0939F1ZV, PAN AAPCU0939F, CIN U74999MH2010PTC123456",
    "Call the NHS on 0300 123 4567 or 111. Medicare: 1-800-633-4227. HMRC: 0300 200 3300. IRD: 0800 775 247",
    "Flight PNR X7K9Q2, order 4500012345, tracking 1Z999AA10123456784, ISBN 978-3-16-148410-0, RFC 5321 and RFC 8601",
    "The NAS at 10.0.0.12, serial 2150PEN012345; IC SN74HC595N, lot 20210412; epoch 1712310987654; id 112233445566",
]
WORLD = [
    *SHAPES, "uk-driving-licence", "au-medicare", "ru-snils", "jp-my-number", "hk-id", "tw-id", "date-of-birth",
    "credential",
]  # fmt: skip


@pytest.mark.parametrize("letterhead", LETTERHEADS)
def test_what_companies_print_on_their_letters_is_no_secret(letterhead):
    octets = text.normalise(letterhead).encode()
    found = {name: [octets[one.start : one.end] for one in DETECTORS[name].find(octets)] for name in WORLD}
    assert not any(found.values()), found


@pytest.mark.parametrize("name", DETECTORS)
def test_no_octets_make_a_detector_raise(name):
    """Cases of every detector, cut, doubled and with octets changed, some of them no UTF-8."""
    chance = random.Random(name)
    samples = [sample.encode() for detector in DETECTORS.values() for sample in detector.fires]
    for _ in range(300):
        octets = bytearray(b" ".join(chance.sample(samples, 3)))
        for _ in range(chance.randrange(6)):
            octets[chance.randrange(len(octets))] = chance.choice(b'\n\t ,:=\0\xff\xc3"0<')
        start = chance.randrange(len(octets))
        octets = bytes(octets[start:] + octets[: chance.randrange(len(octets))])
        for match in DETECTORS[name].find(octets):
            assert 0 <= match.start < match.end <= len(octets)


ABOUT_PASSWORDS = [
    "Please reset your password before 12/01/2024.",
    "The password must be 8-16 characters long.",
    "Use 1Password as your password manager.",
    "Change your password to something with at least 12 characters.",
    "Your password will expire in 14 days.",
    "Your password expires on 03/15/2024 at 10:30.",
    "Password reset link: https://x.example/reset?u=12&k=ab12cd34",
    "I forgot my password - can you help me with ticket INC0012345?",
    "Password last changed: 2024-03-12T10:22:00Z",
    "Failed password for invalid user admin from 10.0.0.12 port 51234 ssh2",
    "Accepted password for root from 192.168.1.5 port 22 ssh2",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0",
    "To change the password, press Ctrl+Alt+Del.",
    "Password: minimum 12 characters, 1 uppercase, 1 digit.",
    "The password policy (v2.1) applies from 1/1/2025.",
    "Password policy v2.1!",
    "Set a password (optional)",
    "Enter your password (case-sensitive).",
    "2FA and password required.",
    "password-protected PDF attached, password follows by SMS",
    "I will send the password separately.",
    "Password follows in a second mail.",
    "The password is the last 4 digits of your SSN.",
    "The password is your date of birth (DDMMYYYY).",
    "password = your employee number",
    "Password: your birthday",
    "Password: [hidden]",
    "Password: (not shown)",
    "Password: <see below>",
    "Password: ••••••••",
    "Password hash: $2b$12$abcdefghijklmnopqrstuv",
    "Username/password authentication is off.",
    "user name and password fields in Chapter 3.2",
    "Wifi code of conduct",
    "the new password for the server is in KeePass",
    "Passwords: see KB0012345",
    "My passport number follows; my PIN code too.",
    "Boarding pass: seat 24B, gate C12",
    "Season pass - 199 EUR",
    "pass: 12 fail: 3 skip: 1",
    "PASS: 120 tests",
    "We pass 3.5% of the cost on to you",
    "The pw is needed",
    "The token: see the docs",
    "Authorization: Bearer <token>",
    "Bearer bonds of 1987",
    "set PGPASSWORD before you run pg_dump",
    "export DB_PASSWORD=$(cat /run/secrets/db)",
    "docker run -e POSTGRES_PASSWORD=${PW} postgres:16",
    "password: ${{ secrets.DB_PASSWORD }}",
    "mysql -u root -p",
    "if (password != confirm) { return; }",
    "password.length >= 8",
    "<input type=\"password\" name=\"pw\" id=\"pw1\">",
    "const password = document.getElementById('pw1').value;",
    "String password = request.getParameter(\"password\");",
    "conn = connect(user=user, password=password1)",
    "login(username, password)",
    "ALTER USER bob WITH PASSWORD :pw;",
    "user,password_hash,created",
    "id,email,password_changed_at",
    "Login failed: 5 attempts",
    "Credentials: see vault / KV store",
    "Login: Mon 12/03 / Tue 13/03",
    "Account - Login / Logout",
    "Your verification was successful, no password is needed.",
    "The password reset takes 24h.",
    "Dial +1 646 558 8656, Meeting ID: 812 3456 7890, Passcode: 482913",
    "Join Microsoft Teams Meeting\nPasscode: aB3xYz",
    "Passwort: folgt per SMS",
    "Das Passwort lautet wie immer",
    "Kennwort: bitte telefonisch erfragen",
    "Le mot de passe : voir ci-dessous",
    "La contraseña es la misma de siempre",
    "Password OK!",
    "Password changed successfully!",
    "new password twice, then click OK",
]


@pytest.mark.parametrize("sentence", ABOUT_PASSWORDS)
def test_talk_about_passwords_hands_none_over(sentence):
    assert finds("credential", sentence) == []
