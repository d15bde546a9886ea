"""Numbers as people write them are found, their near misses are not, and no disguise hides them."""

import re
import urllib.parse
from random import Random

import made_numbers as made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate_milter.commands.scan import counts
from sealgate_milter.detectors import DETECTORS
from sealgate_milter.gate import Gate

GATE = Gate({detector.name: detector.gate for detector in DETECTORS.values()})
EACH = 25
"""Numbers in each sentence."""


def found(name: str, text: str) -> bool:
    return name in counts(GATE, text)


def loose(choice: Random) -> str:
    return made.ssn(choice).replace("-", choice.choice(["-", "-", "", " ", "."]))


NATURAL = {
    "us-ssn": (loose, (
        "My SSN is {}", "SSN: {}", "SSN {}", "ssn#{}", "ssn={}", "SS# {}", "SS Number: {}", "S.S.N. {}", "SSN No: {}",
        "Her social security number is {}.", "Social Security Number: {}", "social security no. {}", "Soc Sec {}",
        "Employee John Smith, SSN {}, was hired on 2020-01-04", "my social is {}", "{} is my social security number",
        "Name: Ann Lee\nSSN: {}\nDOB: 01/02/1980", '"ssn": "{}",', "SSN ({})", "The SSN on file ({}) is wrong",
        "Applicant SSN - {}", "SSN/TIN: {}", "I gave them my social security number, {}, yesterday", "SSN:\n{}",
        "Last,first,ssn\nLee,Ann,{}\n", "Numero de seguro social: {}", "Patient's SSN: {} (verified)",
    )),
    "payment-card": (made.card, (
        "My credit card number is {}", "Card: {} exp 12/29 cvv 123", "Please charge {}", "card no. {}", "{} is my visa",
        "CC: {}", "Credit card {} was declined", "I paid with {}", "cc number={}", "Card number\n{}", "debit card: {}.",
        "my card {} expires this month", "AMEX {}, thanks", "{} exp. 04/27", "Cardholder: Ann, PAN {}",
        "How do I change the address linked to my credit card to {}?", "name,card\nAnn,{}\n",
    )),
    "iban": (made.account, (
        "IBAN: {}", "Please transfer to {}", "{}", "my iban is {} thanks", "IBAN {} BIC DEUTDEFF", "({})", "Konto: {},",
        "send money to {}.", "iban={}", "IBAN\n{}", "name;iban\nAnn;{}\n",
    )),
    "us-mbi": (made.mbi, (
        "MBI: {}", "Medicare ID {}", "{}", "Medicare number {}", "MBI {}, DOB 1/2/1950", "({})", "mbi={}", "a,{},b",
        "her Medicare card says {}", "Medicare Beneficiary Identifier: {}",
    )),
    "us-npi": (made.npi, (
        "NPI {}", "NPI: {}", "NPI# {}", "National Provider Identifier {}", "provider NPI is {}", "Dr. Smith (NPI {})",
        "NPI Number: {}", "npi={}", "NPI - {}", "{} is the NPI", "NPI No. {}", "NPI\n{}", "National Provider ID: {}",
        "Referring physician NPI {}", "Provider: Dr. Ann Lee, NPI={}", "name\tnpi\nAnn\t{}\n", "NPI{}",
    )),
    "us-dea": (made.dea, (
        "DEA number {}", "DEA: {}", "DEA# {}", "DEA {}", "Prescriber DEA {}", "DEA Registration {}", "DEA number is {}",
        "{} (DEA)", "Dr. Lee's DEA is {}", "DEA Number:\n{}", "Drug Enforcement Administration number {}",
        "My DEA license is {}", "DEA Reg. No.: {}", "prescriber's DEA registration number: {}", "drug|dea\nA|{}\n",
    )),
}  # fmt: skip
ALONE = {
    "us-ssn": (
        made.ssn, ("{}", "Please find {} attached", "John Smith {} 01/02/1980", "ID {}", "a,b,{},c\n", "x_{}.pdf"),
    ),
    "payment-card": (
        lambda choice: made.with_luhn("4" + made.digits(choice, 14)),
        ("{}", "Use {} please", "number {} thanks", "({})", "Here you go: {}.", "{} 04/27 123", "Ann, {}, 12 Main St"),
    ),
}  # fmt: skip
WRONG = {
    "us-ssn": made.no_ssn,
    "payment-card": made.no_card,
    "iban": made.no_account,
    "us-mbi": made.no_mbi,
    "us-npi": lambda choice: made.wrong(choice, made.npi(choice)),
    "us-dea": lambda choice: made.wrong(choice, made.dea(choice)),
}


@pytest.mark.parametrize("name", NATURAL)
def test_natural_ways_are_found(name):
    choice = Random(name)
    number, sentences = NATURAL[name]
    texts = [sentence.format(number(choice)) for sentence in sentences for _ in range(EACH)]
    missed = [text for text in texts if not found(name, text)]
    assert len(missed) <= 0.005 * len(texts), missed[:9]


@pytest.mark.parametrize("name", ALONE)
def test_structure_speaks_for_itself(name):
    choice = Random(name)
    number, sentences = ALONE[name]
    texts = [sentence.format(number(choice)) for sentence in sentences for _ in range(EACH)]
    assert not [text for text in texts if not found(name, text)]


@pytest.mark.parametrize("name", NATURAL)
def test_near_misses_are_not_found(name):
    choice = Random(name)
    texts = [sentence.format(WRONG[name](choice)) for sentence in NATURAL[name][1] for _ in range(EACH)]
    assert not [text for text in texts if found(name, text)]


def zero_width(choice: Random, number: str) -> str:
    return "".join(mark + choice.choice("\u200b\u200c\u200d\ufeff\u2060\u00ad") for mark in number)


def other_digits(zero: int):
    return lambda _, number: "".join(chr(zero + int(one)) if one.isdigit() else one for one in number)


def parted_by(mark: str):
    def change(_: Random, number: str) -> str:
        together = number.replace("-", "").replace(" ", "").replace(".", "")
        if together != number:
            return re.sub("[-. ]", mark, number)
        sizes = (3, 2, 4) if len(number) == 9 and number.isdigit() else (4, 4, 4, 4, 4, 4, 4, 4, 4)
        groups = [number[sum(sizes[:index]) :][:size] for index, size in enumerate(sizes)]
        return mark.join(group for group in groups if group)

    return change


def broken(mark: str):
    def change(choice: Random, number: str) -> str:
        place = choice.randrange(1, len(number))
        return number[:place] + mark + number[place:]

    return change


def in_tags(choice: Random, number: str) -> str:
    tags = ("<b>{}</b>", "<span style='x'>{}</span>", "{}<!-- x -->", "{}<wbr>", "&#{};")
    pieces = (choice.choice(tags) if choice.random() < 0.4 else "{}" for _ in number)
    inside = zip(pieces, number, strict=True)
    return "".join(tag.format(ord(one) if "#" in tag else one) for tag, one in inside)


DISGUISES = {
    "zero-width": zero_width,
    "full-width": lambda _, number: "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in number),
    "arabic": other_digits(0x660), "devanagari": other_digits(0x966), "bold": other_digits(0x1D7CE),
    "en dash": parted_by("–"), "minus": parted_by("−"), "hyphen": parted_by("‑"), "slash": parted_by("/"),
    "no-break space": parted_by("\u00a0"), "thin space": parted_by("\u2009"), "spaces": parted_by("  "),
    "dots": parted_by("."), "bullets": parted_by("•"), "line break": broken("\n"),
    "quoted line break": broken("\r\n> "), "tags": in_tags,
    "percent": lambda _, number: urllib.parse.quote(number, safe="").replace("-", "%2D"),
    "all percent": lambda _, number: "".join(f"%{ord(one):02X}" for one in number),
    "entities": lambda _, number: "".join(f"&#x{ord(one):x};" for one in number),
}  # fmt: skip


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("name", NATURAL)
def test_disguises_hide_nothing(name, disguise):
    choice = Random(name + disguise)
    number, sentences = NATURAL[name]
    texts = [
        sentence.format(DISGUISES[disguise](choice, number(choice)))
        for sentence in sentences
        if "=" not in sentence or "percent" not in disguise
        for _ in range(8)
    ]
    missed = [text for text in texts if not found(name, text)]
    assert len(missed) <= 0.05 * len(texts), missed[:5]


@settings(max_examples=150, deadline=None)
@given(st.integers(), st.sampled_from(sorted(NATURAL)), st.text(max_size=60), st.text(max_size=60))
def test_a_number_is_found_wherever_it_is_planted(seed, name, before, after):
    number, sentences = NATURAL[name]
    choice = Random(seed)
    assert found(name, f"{before}\n\n{sentences[0].format(number(choice))}\n\n{after}")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters() | st.sampled_from("0123456789 -./,\n:#"), max_size=400))
def test_any_text_will_do(text):
    octets = text.encode("utf-8", "replace")
    for detector in DETECTORS.values():
        for match in detector.find(octets):
            assert 0 <= match.start < match.end <= len(octets) and match.value


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "   "])
def test_bare_numbers_are_found_far_below_their_heading(mark):
    choice = Random(1)
    numbers = [made.ssn(choice).replace("-", "") for _ in range(300)]
    rows = [mark.join((f"{row}", f"Person {row}", number, "555-0100")) for row, number in enumerate(numbers)]
    table = "\n".join([mark.join(("No", "Name", "SSN", "Phone")), *rows, ""])
    assert counts(GATE, table)["us-ssn"] == len(set(numbers))
    assert not found("us-ssn", table.replace("SSN", "Key"))
    page = "<table>" + "".join(
        f"<tr>\n{''.join(f'<td>{cell}</td> ' for cell in row.split(mark))}\n</tr>" for row in table.splitlines()
    )
    assert counts(GATE, page + "</table>")["us-ssn"] == len(set(numbers))
