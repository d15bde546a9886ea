"""A recipient without a domain leads where Postfix's `myorigin` says, and that need not be ours."""

import pytest

from sealgate_core.status import Refusal
from sealgate_milter import judgement
from sealgate_milter.changes import DeleteRecipient
from sealgate_milter.transaction import Transaction

POLICY = '[tests.ssn]\ndetector = "us-ssn"\n[[rules]]\nname = "r"\nwhen = "ssn"\nthen = "secure"\n'


@pytest.fixture
def judge(tmp_path):
    """Judge a message to a bare recipient, where Postfix adds `origin`."""

    def judged(origin: str, text: bytes):
        (tmp_path / "policy.toml").write_text(POLICY)
        (tmp_path / "tag.key").write_bytes(bytes(32))
        (tmp_path / "tag.key").chmod(0o600)
        config = tmp_path / "gateway.toml"
        config.write_text(
            f'internal = ["corp.test"]\norigin = "{origin}"\npolicy = "{tmp_path}/policy.toml"\n'
            f'tag_key = "{tmp_path}/tag.key"\nthread_db = "{tmp_path}/threads.db"\n')
        transaction = Transaction("<a@corp.test>", 1 << 20)
        transaction.add_recipient("<postmaster>", ())
        transaction.add_field("Subject", b"x")
        transaction.add_body(text)
        return judgement.judge(transaction, judgement.load(config))

    return judged


def test_confidential_mail_to_a_bare_recipient_stays_where_the_origin_is_ours(judge):
    assert not [change for change in judge("corp.test", b"SSN 536-90-4399\r\n").changes
                if isinstance(change, DeleteRecipient)]


def test_it_is_refused_where_the_origin_is_not_ours(judge):
    with pytest.raises(Refusal) as refused:
        judge("mx.elsewhere.test", b"SSN 536-90-4399\r\n")
    assert refused.value.reply.permanent


def test_ordinary_mail_to_a_bare_recipient_passes(judge):
    assert not judge("mx.elsewhere.test", b"lunch at noon\r\n").changes
