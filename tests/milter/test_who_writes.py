"""What a signature, a letterhead or a legal notice says of health weighs nothing; what a message says weighs all."""

import html
from pathlib import Path

import pytest

import sealgate_milter
from sealgate_milter.classify import classify
from sealgate_milter.detectors.match import Match
from sealgate_milter.message import from_bytes
from sealgate_milter.policy import load_policy
from sealgate_milter.who_writes import RUN, WhoWrites

SHIPPED = load_policy(Path(sealgate_milter.__file__).with_name("policy.toml"), ["riverside-hospital.example"])
OUTSIDE = "bob@outside.example"
HEAD = 'From: "Ann Ward, Oncology" <ann@riverside-hospital.example>\r\nMIME-Version: 1.0\r\n'
SIGNATURES = (
    "Regards,\nAnn Ward, RN\nDepartment of Surgery and Oncology\nRiverside Hospital",
    "Ann Ward, RN\nDepartment of Surgery and Oncology\nRiverside Hospital",
    "-- \nAnn Ward\nPediatric nurse, pulmonary rehab\nHIV Clinic",
    "Best,\n\nJohn Hale, MD, FACS\nCardiology\nSt. Mary's Medical Center\n12 Main Street, Salem\nTel: 555-010-4400",
    "Thanks!\nKim Park | Patient Access Coordinator | Lakeside Cancer Institute",
    "EMMA STONE, PHARMD\nDIRECTOR OF PHARMACY\nRIVERSIDE CHILDREN'S HOSPITAL | DIABETES CENTER\n"
    "www.diabetes-center.example, emma@oncology.riverside-hospital.example",
    "Ann Ward RN\nOncology Ward 4B, Riverside Hospital\n\nCONFIDENTIALITY NOTICE: This e-mail may contain protected "
    "health information (PHI) under HIPAA. If you are not the intended recipient, delete it. Unauthorized disclosure "
    "of patient medical records, diagnosis or treatment is prohibited.",
    "> Regards\n> Ann Ward, RN\n> Department of Nephrology and Dialysis\n> Riverside Hospital",
)
ORDINARY = (
    "Your room at the Grand Hotel is booked. Authorization number: 88120447. Check-in 3 pm on May 4.",
    "My gym membership runs out. Member ID: 40018827. Please renew it for me.",
    "Application for the course\n\nName: Laura Kent\nDate of birth: 04/12/1990\nCourse: Excel for beginners",
    "Please find our invoice 2024-118. Account number: 20481192, amount due 1,240.00 by June 1.",
    "Please call Mr. Smith, home phone: 555-010-2233, about the parking permit.",
)
CLINICAL = (
    "Laura Kent, date of birth 04/12/1990, has breast cancer and starts chemotherapy on Monday.",
    "Patient: Laura Kent\nMRN: 40018827\nDiagnosis: Hypertension\nDialysis Unit",
    "Appointment for Laura Kent, DOB 04/12/1990\n\nOncology Clinic\nRiverside Hospital",
    "Laura Kent, DOB 04/12/1990\nChronic Kidney Disease\nType 2 Diabetes\nMetformin",
)


def rule(body: str, kind: str = "text/plain", subject: str = "hello") -> str | None:
    content = f"{HEAD}Subject: {subject}\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{body}\r\n".encode()
    message = from_bytes(content, "ann@riverside-hospital.example", (OUTSIDE,))
    return classify(message, SHIPPED, lambda ids: False).recipients[OUTSIDE].rule


def page(text: str) -> str:
    lines = (f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))
    return f"<html><body>{''.join(lines)}</body></html>"


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("body", ORDINARY)
def test_a_signature_makes_no_message_one_of_health(body, signature):
    assert rule(f"{body}\n\n{signature}") is None
    assert rule(page(f"{body}\n\n{signature}"), "text/html") is None


@pytest.mark.parametrize("signature", ["", *SIGNATURES])
@pytest.mark.parametrize("body", CLINICAL)
def test_what_is_said_above_a_signature_weighs_as_ever(body, signature):
    assert rule(f"{body}\n\n{signature}") == "PHI"
    assert rule(page(f"{body}\n\n{signature}"), "text/html") == "PHI"


@pytest.mark.parametrize(
    "body",
    [
        "Laura Kent\n555-010-4400\nDOB: 04/12/1990\nReferred by phone to:\n\nOncology Clinic\nRiverside Hospital",
        "-- \nLaura Kent, DOB 04/12/1990, has breast cancer",
        "-- \nDOB: 04/12/1990\nDiagnosis: breast cancer",
        "Regards\nLaura Kent, DOB 04/12/1990, was admitted to the oncology department with breast cancer.",
        "This message is for the intended recipient: Laura Kent, DOB 04/12/1990, has breast cancer.",
        "Confidential notice to the intended recipient: MRN 40018827 was diagnosed with HIV.",
        "DOB 04/12/1990, see https://records.example/breast-cancer/biopsy",
    ],
)
def test_what_only_looks_like_a_signature_weighs(body):
    assert rule(body) == "PHI"


def covered(text: str, word: str, scope: str = "body") -> bool:
    octets = text.encode()
    place = octets.index(word.encode())
    return WhoWrites(octets, scope).covers(Match(place, place + len(word), word.encode()))


@pytest.mark.parametrize(
    ("text", "word", "scope", "says_who"),
    [
        ("a@oncology.example, b@x.example\nBiopsy results", "oncology", "headers", True),
        ("a@oncology.example\nBiopsy results", "Biopsy", "headers", False),
        ("see b@oncology.example soon", "oncology", "body", True),
        ("see oncology@x.example soon", "oncology", "body", False),
        ("see www.oncology.example/biopsy", "oncology", "body", True),
        ("see https://oncology.example/biopsy", "biopsy", "body", False),
        ("the department of oncology has called", "oncology", "body", False),
        ("Riverside Hospital\nDepartment of Oncology\n\nDear Bob", "Oncology", "body", True),
        ("Riverside Hospital\nDepartment of Oncology\nhas admitted her", "Oncology", "body", False),
        ("Call me\nAnn Lee, RN\nOncology\nRiverside Hospital", "Oncology", "body", True),
        ("Referred to\nOncology Clinic", "Oncology", "body", False),
        ("Referred to\nOncology Clinic\nRiverside Hospital", "Oncology", "body", False),
        ("She goes to the\n\nOncology Clinic\nRiverside Hospital", "Oncology", "body", False),
        ("See you there.\n\nOncology Clinic\nRiverside Hospital\nTel. 555-010-4400", "Oncology", "body", True),
        ("It is done.\n\nRegards\nAnn\n\nOncology Clinic", "Oncology", "body", True),
        ("Assessment\n----------\nBreast cancer\nOncology", "cancer", "body", False),
        ("Regards\nAnn Lee\n" + "Oncology " * 40, "Oncology", "body", False),
        ("Oncology Clinic", "Oncology", "subject", False),
    ],
)
def test_lines_that_say_who_writes(text, word, scope, says_who):
    assert covered(text, word, scope) is says_who


@pytest.mark.parametrize(
    "line", ["\n", "-- \n", "Ann Lee, RN\nOncology\n", "Aa " * 30 + "\n", "a@", " ", "A.", "\udcff"]
)
def test_what_is_looked_at_for_one_place_does_not_grow_with_the_text(line):
    octets = (line * (1_000_000 // len(line))).encode("utf-8", "surrogateescape")
    who = WhoWrites(octets, "body")
    for place in range(0, 10_000, 100):
        who.covers(Match(place, place + 3, b""))
    assert len(who._kinds) <= 100 * (2 * RUN + 2)
