"""The shipped policy on the bench's hand-written messages, and in the forms that mail gives them."""

import html
import re
import textwrap
from pathlib import Path

import pytest

import sealgate_milter
from sealgate_milter.classify import classify
from sealgate_milter.message import from_bytes
from sealgate_milter.policy import load_policy

CORPUS = Path(__file__).resolve().parents[2] / "bench/corpus"
SHIPPED = load_policy(Path(sealgate_milter.__file__).with_name("policy.toml"), ["corp.example"])
OUTSIDE = "bob@outside.example"
HEAD = "From: ann@corp.example\r\nMIME-Version: 1.0\r\n"


def messages(name: str) -> list[tuple[str, str]]:
    """Return subject field and body of every message of one kind."""
    texts = (CORPUS / f"{name}.{half}.txt" for half in ("train", "test"))
    found = [text for path in texts for text in re.split(r"(?m)^=== .*\n", path.read_text("utf-8")) if text.strip()]
    return [(text.partition("\n\n")[0], text.partition("\n\n")[2]) for text in found]


def rule(subject: str, body: str, kind: str = "text/plain") -> str | None:
    content = f"{HEAD}{subject}\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{body}".encode()
    message = from_bytes(content, "ann@corp.example", (OUTSIDE,))
    return classify(message, SHIPPED, lambda ids: False).recipients[OUTSIDE].rule


def share(rules: list[str | None]) -> float:
    return rules.count("PHI") / len(rules)


def test_what_identifies_a_patient_is_found():
    assert share([rule(*message) for message in messages("clinical")]) > 0.98


@pytest.mark.parametrize("name", ["nameless", "ordinary"])
def test_what_identifies_nobody_stays_clear(name):
    assert {rule(*message) for message in messages(name)} == {None}


def wrapped(body: str) -> tuple[str, str]:
    return "\n".join(textwrap.fill(line, 40) for line in body.split("\n")), "text/plain"


def quoted(body: str) -> tuple[str, str]:
    return "".join(f"> {line}\n" for line in body.split("\n")), "text/plain"


def paragraphs(body: str) -> tuple[str, str]:
    return "".join(f"<p><b>{html.escape(line)}</b></p>" for line in body.split("\n")), "text/html"


def table(body: str) -> tuple[str, str]:
    rows = (re.split(r"(?<=\w): |\||\t|;", line) for line in body.split("\n"))
    cells = ("".join(f"<td>\n  {html.escape(cell.strip())}\n</td>" for cell in row) for row in rows)
    return "<table>" + "".join(f"<tr>\n{row}\n</tr>" for row in cells) + "</table>", "text/html"


@pytest.mark.parametrize(
    "body",
    [
        "Hi, our dog Rex has diabetes, insulin 5 units, claim number 2024-118822 for the pet insurance.",
        "Our health insurance policy number for group is 12345678; it covers dental and vision; doctors list attached",
        "Mr. Harold Jones, born March 3, 1931, died of cancer on Sunday. He had been a physician at the hospital.",
    ],
)
def test_animals_groups_and_obituaries_are_no_patients(body):
    assert rule("Subject: note", body) is None


@pytest.mark.parametrize("form", [wrapped, quoted, paragraphs, table])
def test_the_form_of_the_mail_makes_no_difference(form):
    rules = [rule(subject, *form(body)) for subject, body in messages("clinical")]
    assert share(rules) > 0.96


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("Wire the deposit to account number 4417723390, routing number 021000021.", "money"),
        ("Her bank account # 5571209834 and the mortgage statement are attached.", "money"),
        ("Please charge 4111 1111 1111 1111.", "money"),
        ("Pay to DE89 3704 0044 0532 0130 00.", "money"),
        ("Her SSN is 123-45-6789.", "personal-number"),
        ("Our routing slip 021000021 is on the desk.", None),
        ("Minutes attached.\n\nMuster GmbH, Bank: Sparkasse, IBAN DE89 3704 0044 0532 0130 00, HRB 1234", None),
        ("We pay in May.\n\nMuster GmbH\nHRB 1234\n\nBank: Sparkasse\nIBAN DE89 3704 0044 0532 0130 00", None),
        ("Bitte auf mein Konto DE89 3704 0044 0532 0130 00 überweisen.\n\nMuster GmbH, HRB 1234", "money"),
        ("Parcel 587656187883 and meter reading 4111111111111111.", None),
        ("We need 3 units of part no. 123-45-6789, lot 123-12-1234, invoice no. 123-12-1235.", None),
        ("See you.\n\nThis e-mail is strictly confidential and only for the intended recipient.", None),
        ("The plan is strictly confidential.\n\nThis e-mail is only for the intended recipient.", "confidential"),
        ("The patient enjoyed the film.", None),
    ],
)
def test_money_and_numbers_have_rules_of_their_own(body, wanted):
    assert rule("Subject: note", body) == wanted


def test_an_identifier_in_one_part_meets_a_clinical_text_in_another():
    note = "Discharge summary: atrial fibrillation, pneumonia, metoprolol, warfarin. Echocardiogram normal."
    body = (
        f"--b\r\nContent-Type: text/plain\r\n\r\nMember ID: 8812990321\r\n--b\r\nContent-Type: text/plain\r\n"
        f"Content-Disposition: attachment; filename=a.txt\r\n\r\n{note}\r\n--b--\r\n"
    )
    assert rule("Subject: s", body, "multipart/mixed; boundary=b") == "PHI"
