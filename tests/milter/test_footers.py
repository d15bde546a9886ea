"""Footers are told from what people say: legal notices and company data, and nothing else."""

import pytest

from sealgate_milter.detectors.match import Match
from sealgate_milter.footers import LONGEST, Footers
from sealgate_milter.text import normalise

IBAN = "DE89 3704 0044 0532 0130 00"


def covered(text: str, word: str) -> bool:
    octets = normalise(text).encode()
    place = octets.index(word.encode())
    return Footers(octets).covers(Match(place, place + len(word), word.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "Hi\n\nCONFIDENTIALITY NOTICE: This message is strictly confidential and intended for the addressee.",
        "Hi Bob,\n\nsee you.\n\nThis e-mail is strictly confidential.",
        "Hi Bob,\n\nsee you.\n\nThis e-mail is strictly confidential.\n\nOn Mon, 3 May 2027 Ann wrote:\n> Hi",
        "Regards\nAnn\nThis e-mail and any attachment is strictly confidential. If you have received it in error,",
        "> This message is strictly confidential. If you are\n> not the intended recipient, please delete it.",
        "x\n\nThe information in this e-mail is strictly confidential and intended solely for the\nnamed person.",
        "x\n\nDisclaimer: what we write is strictly confidential",
        "x\n\nThis e-mail is only for the intended recipient.\n\nIt may be strictly confidential.",
        "x\n\nDiese E-Mail ist strictly confidential. Wenn Sie nicht der richtige Adressat sind, ...",
    ],
)
def test_legal_notices(text):
    assert covered(text, "strictly confidential")


@pytest.mark.parametrize(
    "text",
    [
        "This is strictly confidential: we merge in May.",
        "This e-mail is strictly confidential.\n\nWe merge in May.",
        "This e-mail is strictly confidential: we merge in May.",
        "Please keep it strictly confidential.\n\nThis e-mail is intended for the addressee.",
        "The plan is strictly confidential.\nThis e-mail is meant for the intended recipient.",
        "Strictly confidential\n\nDear Bob",
        "We have a strictly confidential list of all with a company number.",
        "This e-mail is for the intended recipient.\n\nThe plan of May is strictly confidential.",
    ],
)
def test_what_somebody_says_is_none(text):
    assert not covered(text.replace("Strictly", "strictly"), "strictly confidential")


@pytest.mark.parametrize(
    "text",
    [
        f"See you.\n\nMuster GmbH, Bank: Sparkasse, IBAN {IBAN}, BIC COBADEFFXXX, HRB 1234",
        f"See you.\n\nMuster GmbH\nAmtsgericht Bonn, HRB 1234\n\nBank: Sparkasse\nIBAN {IBAN}",
        f"See you.\n\nBank: Sparkasse\nIBAN {IBAN}\n\nMuster GmbH\nVAT DE123456789\n\nMore",
        f"Please pay the invoice.\n\nDupont SARL, RCS Paris 1234, IBAN {IBAN}",
        f"> Muster AG\n> Geschäftsführer: A. Muster\n> IBAN {IBAN}",
    ],
)
def test_company_data(text):
    assert covered(text, IBAN)


@pytest.mark.parametrize(
    "text",
    [
        f"Please transfer 500 EUR to Muster GmbH, HRB 1234, IBAN {IBAN}",
        f"My account: IBAN {IBAN}\n\nSee you in Bonn.",
        f"Bitte überweisen Sie auf\n\nIBAN {IBAN}\nBIC COBADEFFXXX\n\nMuster GmbH, HRB 1234",
        f"The account:\n\nMuster GmbH, HRB 1234, IBAN {IBAN}",
        f"My account is {IBAN}.\n\nMuster GmbH, HRB 1234",
        f"Pay this: bank Sparkasse, IBAN {IBAN}\n\nMuster GmbH, HRB 1234",
        f"{'word ' * LONGEST}HRB 1234 {IBAN}",
    ],
)
def test_an_account_to_pay_into_is_none(text):
    assert not covered(text, IBAN)
