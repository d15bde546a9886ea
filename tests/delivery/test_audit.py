"""The audit log notices what was changed, removed or put in between."""

import pytest

from sealgate_delivery import audit
from sealgate_delivery.store import Audit


@pytest.fixture
def log(cloud):
    for number in range(5):
        audit.record("event", "acme", str(number), n=number)


def test_whole(log):
    assert audit.verify() is None


@pytest.mark.parametrize("column", ["at", "event", "tenant", "subject_id", "detail", "previous", "hash"])
def test_changed(log, column):
    Audit.update({column: 7 if column == "at" else "x"}).where(Audit.sequence == 3).execute()
    assert audit.verify() == 3


def test_removed_and_swapped(log):
    Audit.delete().where(Audit.sequence == 2).execute()
    assert audit.verify() == 3


def test_nothing_is_recorded_for_what_was_rolled_back(cloud):
    with pytest.raises(ZeroDivisionError), cloud.tenant._meta.database.atomic():
        audit.record("event")
        raise ZeroDivisionError
    assert not Audit.select().exists()
