"""The table of states of `sealing.md` 4: every transition, allowed or refused, and the wraps that each state leaves."""

from itertools import product

import pytest

from sealgate_delivery import audit, copies, notices, retention, states, store
from sealgate_delivery.store import Body, Copy, Outbox, Wrap

ALL = ("accepted", "noticed", "undeliverable", "opened", "expired", "recalled", "gone")
ALLOWED = {
    ("accepted", "noticed"), ("accepted", "undeliverable"), ("accepted", "recalled"),
    ("noticed", "opened"), ("noticed", "undeliverable"), ("noticed", "expired"), ("noticed", "recalled"),
    ("undeliverable", "noticed"), ("undeliverable", "expired"), ("undeliverable", "recalled"),
    ("opened", "expired"), ("opened", "recalled"), ("opened", "gone"),
    ("expired", "noticed"), ("expired", "gone"), ("recalled", "gone"),
}
KINDS = {"expired": {"service"}, "recalled": set(), "gone": set()}


def put(copy: Copy, **changes: object) -> Copy:
    Copy.update(changes).where(Copy.id == copy.id).execute()
    return Copy.get_by_id(copy.id)


@pytest.mark.parametrize(("before", "after"), list(product(ALL, ALL)))
def test_every_transition(cloud, before, after):
    copy = put(cloud.deposit("a@out.test")[0], state=before)
    if (before, after) in ALLOWED:
        states.move(copy, after)
        assert Copy.get_by_id(copy.id).state == after
        assert {wrap.kind for wrap in copy.wraps} == KINDS.get(after, {"link", "service"})
    else:
        with pytest.raises(copies.StateError):
            states.move(copy, after)
        assert Copy.get_by_id(copy.id).state == before
    assert audit.verify() is None


def test_late_events_change_nothing(cloud):
    (copy,) = cloud.deposit("a@out.test")
    copies.mark_opened([copy.id])
    assert copies.mark_noticed([copy.id]) == [] and copies.mark_undeliverable([copy.id]) == []
    copies.recall(Copy.get_by_id(copy.id), cloud.keys.blobs)
    assert copies.mark_noticed([copy.id]) == []
    with pytest.raises(copies.StateError):
        copies.mark_opened([copy.id])


def test_reading_proves_that_the_notice_arrived(cloud):
    for state in ("accepted", "undeliverable", "noticed", "opened"):
        (copy,) = cloud.deposit("a@out.test", stamp=state)
        put(copy, state=state)
        copies.mark_opened([copy.id])
        assert Copy.get_by_id(copy.id).state == "opened"


def test_flags_need_an_opened_copy(cloud):
    (copy,) = cloud.deposit("a@out.test")
    for mark in (copies.mark_downloaded, copies.mark_replied):
        with pytest.raises(copies.StateError):
            mark([copy.id])
    copies.mark_opened([copy.id])
    copies.mark_downloaded([copy.id])
    copies.mark_replied([copy.id])
    present = Copy.get_by_id(copy.id)
    assert present.downloaded and present.replied


def test_recall_destroys_wraps_body_and_the_notice_that_waits(cloud):
    copy, other = cloud.deposit("a@out.test", "b@out.test")
    assert copies.recall(copy, cloud.keys.blobs) == [copy.id]
    assert Outbox.select().where(Outbox.state == "waiting").get().recipient == "b@out.test"
    assert not Body.get().purged  # the other recipient still reads it
    assert copies.recall(store.Message.get(), cloud.keys.blobs) == [other.id]
    assert Body.get().purged and Body.get().summary is None and not Wrap.select().exists()
    assert not list(cloud.keys.blobs.rglob("*-*"))
    assert copies.recall(copy, cloud.keys.blobs) == []
    put(copy, state="gone")
    with pytest.raises(copies.StateError):
        copies.recall(copy, cloud.keys.blobs)


def test_expiry_grace_and_end(cloud):
    (copy,) = cloud.deposit("a@out.test")
    end = copy.expires
    assert copies.expire_due(end - 1) == 0 and copies.expire_due(end) == 1 and copies.expire_due(end) == 0
    assert {wrap.kind for wrap in copy.wraps} == {"service"}
    ended = Copy.get_by_id(copy.id).ended_at
    put(copy, expires=ended)
    assert copies.purge_due(ended + retention.GRACE - 1, cloud.keys.blobs) == 0
    assert copies.purge_due(ended + retention.GRACE, cloud.keys.blobs) == 1
    assert Copy.get_by_id(copy.id).state == "gone" and Body.get().purged


def test_extension_after_expiry_brings_a_new_notice_that_opens(cloud):
    (copy,) = cloud.deposit("a@out.test", raw=b"kept")
    cloud.notices_leave()
    copies.expire_due(copy.expires)
    notices.extend(copy, 10, cloud.keys)
    (mail,) = cloud.mails()
    cloud.notices_leave()
    present = Copy.get_by_id(copy.id)
    assert present.state == "noticed" and present.ended_at is None
    assert cloud.open_by_link(present, cloud.secret(mail)) == b"kept"
    notices.extend(present, 20, cloud.keys)
    assert Copy.get_by_id(copy.id).expires > present.expires and cloud.mails() == []


def test_a_new_notice_covers_many_copies_and_the_old_ones_go_on_working(cloud):
    (first,), (second,) = cloud.deposit("a@out.test", raw=b"1"), cloud.deposit("a@out.test", raw=b"2", stamp="s2")
    old = {cloud.secret(mail) for mail in cloud.mails()}
    cloud.notices_leave()
    copies.renew([first, second], cloud.keys)
    secret = cloud.secret(cloud.mails()[0])
    assert cloud.open_by_link(first, secret) == b"1" and cloud.open_by_link(second, secret) == b"2"
    assert secret not in old and Wrap.select().where(Wrap.kind == "link").count() == 4


def test_a_new_notice_is_for_one_address_and_needs_a_service_wrap(cloud):
    pair = cloud.deposit("a@out.test", "b@out.test")
    with pytest.raises(ValueError, match="one address"):
        copies.renew(pair, cloud.keys)
    cloud.seal_to_recipients_only()
    with pytest.raises(copies.NoServiceWrap):
        copies.renew(cloud.deposit("a@out.test", stamp="s2"), cloud.keys)


def test_recipient_removes_what_was_read(cloud):
    (copy,) = cloud.deposit("a@out.test")
    with pytest.raises(copies.StateError):
        copies.remove(copy, cloud.keys.blobs)
    copies.mark_opened([copy.id])
    copies.remove(copy, cloud.keys.blobs)
    assert Copy.get_by_id(copy.id).state == "gone" and Body.get().purged
