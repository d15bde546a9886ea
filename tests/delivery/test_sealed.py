"""Attacks on what rests: swapped, cut, reordered or replayed values, and a thief of everything on the cloud's disks."""

import pytest

from sealgate_core import seal
from sealgate_delivery import accounts, copies, outbox_rows, store, tenant_keys, transit
from sealgate_delivery.store import AddressKeyHolder, Body, Copy, Notice, Outbox, TenantKey, Wrap

MARKERS = (b"MARKERSUBJECT", b"MARKERBODY", b"MARKERFILE", b"MARKERNAME")
RAW = b"Subject: MARKERSUBJECT\r\n\r\nMARKERBODY MARKERFILE\r\n"


def marked(cloud, address: str, stamp: str) -> Copy:
    (copy,) = cloud.deposit(
        address, raw=RAW, stamp=stamp, subject="MARKERSUBJECT", sender_name="MARKERNAME",
        attachments=[copies.AttachmentFact("MARKERFILE.pdf", "application/pdf", 5)])
    return copy


@pytest.fixture
def two(cloud):
    """Two messages to the same person, with an account: every kind of sealed value exists twice."""
    opened = accounts.create("Ann", "a@out.test", "a long password here", cloud.cost)
    return opened, marked(cloud, "a@out.test", "s1"), marked(cloud, "a@out.test", "s2")


def openers(cloud, copy: Copy, opened: accounts.OpenedAccount) -> dict[str, bytes]:
    secrets = {seal.link_lookup(cloud.secret(mail)).hex(): cloud.secret(mail) for mail in cloud.mails()}
    return {
        "service": tenant_keys.ensure(cloud.tenant, cloud.keys.master)[1],
        "address": next(iter(accounts.address_keys(opened.account, opened.private, copy.address).values())),
        **{notice.id: seal.link_opener(secrets[notice.lookup]) for notice in Notice.select()},
    }


def unwrap(copy: Copy, wrap: Wrap, known: dict[str, bytes]) -> bytes:
    return copies.unwrap(copy, wrap, known[wrap.opener if wrap.kind == "link" else wrap.kind])


def damaged(sealed: bytes) -> list[bytes]:
    half = len(sealed) // 2
    return [b"", sealed[:-1], sealed[1:], sealed + b"\0", sealed[half:] + sealed[:half],
            bytes([sealed[0] ^ 3]) + sealed[1:], sealed[:half] + bytes([sealed[half] ^ 1]) + sealed[half + 1:]]


def test_law_1_every_copy_has_two_kinds_at_birth(cloud, two):
    _, first, _ = two
    assert {wrap.kind for wrap in first.wraps} == {"link", "address", "service"}
    cloud.seal_to_recipients_only()
    assert {wrap.kind for wrap in marked(cloud, "a@out.test", "s3").wraps} == {"link", "address"}


def test_every_wrap_opens_and_none_opens_elsewhere(cloud, two):
    opened, first, second = two
    known = openers(cloud, first, opened)
    for wrap in first.wraps:
        assert b"".join(copies.open_body(first, unwrap(first, wrap, known), cloud.keys.blobs)) == RAW
        with pytest.raises(seal.SealBroken):
            unwrap(second, wrap, known)
        for other in second.wraps:
            moved = Wrap(copy=first, kind=wrap.kind, opener=wrap.opener, sealed=other.sealed)
            with pytest.raises(seal.SealBroken):
                unwrap(first, moved, known)


@pytest.mark.parametrize("field", ["message", "body", "id", "address"])
def test_a_wrap_is_bound_to_every_field_of_its_copy(cloud, two, field):
    opened, first, second = two
    known, wraps = openers(cloud, first, opened), list(first.wraps)
    setattr(first, field, "x" if field in {"id", "address"} else getattr(second, field))
    for wrap in wraps:
        with pytest.raises(seal.SealBroken):
            unwrap(first, wrap, known)


def test_damaged_wraps_stay_shut(cloud, two):
    opened, first, _ = two
    known = openers(cloud, first, opened)
    for wrap in first.wraps:
        for sealed in damaged(bytes(wrap.sealed)):
            with pytest.raises(seal.SealBroken):
                unwrap(first, Wrap(copy=first, kind=wrap.kind, opener=wrap.opener, sealed=sealed), known)


def test_body_and_summary_cannot_be_swapped_or_damaged(cloud, two):
    opened, first, second = two
    known = openers(cloud, first, opened)
    key = unwrap(first, first.wraps[0], known)
    path = next(cloud.keys.blobs.rglob(first.body_id))
    body, summary = path.read_bytes(), bytes(first.body.summary)
    foreign = next(cloud.keys.blobs.rglob(second.body_id)).read_bytes()
    for sealed in [*damaged(body), foreign, summary]:
        path.write_bytes(sealed)
        with pytest.raises(seal.SealBroken):
            list(copies.open_body(first, key, cloud.keys.blobs))
    path.unlink()
    with pytest.raises(seal.SealBroken):
        list(copies.open_body(first, key, cloud.keys.blobs))
    for sealed in [*damaged(summary), bytes(second.body.summary), body]:
        Body.update(summary=sealed).where(Body.id == first.body_id).execute()
        with pytest.raises(seal.SealBroken):
            copies.open_summary(Copy.get_by_id(first.id), key)


def test_outbox_rows_cannot_be_swapped_or_damaged(cloud, two):
    first, second = Outbox.select()
    for changes in (
        *({"payload": sealed} for sealed in damaged(bytes(first.payload))), {"payload": second.payload},
        {"recipient": "thief@evil.test"}, {"kind": "code"}, {"transit_key": "2000010100-0000"},
    ):
        row = Outbox.get_by_id(first.id)
        for name, value in changes.items():
            setattr(row, name, value)
        with pytest.raises((seal.SealBroken, transit.TransitKeyGone)):
            outbox_rows.payload(row, cloud.keys.transit, cloud.keys.blobs)


def test_keys_cannot_be_swapped_or_damaged(cloud, two):
    opened, first, _ = two
    epoch, _ = tenant_keys.rotate(cloud.tenant, cloud.keys.master)
    one, two_ = TenantKey.select().order_by(TenantKey.epoch)
    for sealed in [*damaged(bytes(two_.sealed)), bytes(one.sealed)]:
        TenantKey.update(sealed=sealed).where(TenantKey.epoch == epoch).execute()
        with pytest.raises(seal.SealBroken):
            tenant_keys.key(cloud.tenant, epoch, cloud.keys.master)
    with pytest.raises(seal.SealBroken):
        tenant_keys.key(cloud.tenant, one.epoch, b"N" * 32)
    for sealed in damaged(bytes(AddressKeyHolder.get().sealed)):
        AddressKeyHolder.update(sealed=sealed).execute()
        assert accounts.address_keys(opened.account, opened.private, first.address) == {}


def test_wraps_of_an_earlier_epoch_still_open(cloud, two):
    _, first, _ = two
    epoch, key = tenant_keys.ensure(cloud.tenant, cloud.keys.master)
    tenant_keys.rotate(cloud.tenant, cloud.keys.master)
    wrap = copies.wrap_for(first, "service", str(epoch))
    assert tenant_keys.key(cloud.tenant, epoch, cloud.keys.master) == key
    assert copies.open_summary(first, copies.unwrap(first, wrap, key)).subject == "MARKERSUBJECT"


def test_laws_2_and_4_healing_needs_the_key_of_this_very_copy(cloud):
    copy, other = marked(cloud, "a@out.test", "s1"), marked(cloud, "a@out.test", "s2")
    opened = accounts.create("Ann", "a@out.test", "a long password here", cloud.cost)
    target = accounts.ensure_address_key(opened.account, opened.private, "a@out.test")
    known = openers(cloud, copy, opened)
    key, wrong = (unwrap(c, next(w for w in c.wraps if w.kind == "link"), known) for c in (copy, other))
    with pytest.raises(seal.SealBroken):
        copies.heal(copy, wrong, target)
    assert copies.heal(copy, key, target) and not copies.heal(copy, key, target)
    wrap = copies.wrap_for(copy, "address", target.id)
    assert unwrap(copy, wrap, known) == key
    stranger = accounts.create("Bob", "b@out.test", "a long password here", cloud.cost)
    with pytest.raises(ValueError, match="address key"):
        copies.heal(copy, key, accounts.ensure_address_key(stranger.account, stranger.private, "b@out.test"))


def test_a_dump_of_everything_opens_nothing(cloud):
    """Under `recipient`, once the notice has left: no marker on any disk, and no stored key opens body or summary."""
    cloud.seal_to_recipients_only()
    copy = marked(cloud, "a@out.test", "s1")
    secret = cloud.secret(cloud.mails()[0])
    stolen_early = [path.read_bytes() for path in (cloud.root / "db").iterdir()]
    transit_key = next(cloud.keys.transit.glob("*.key")).read_bytes()
    cloud.notices_leave()
    assert list(cloud.keys.transit.iterdir()) == []
    everything = stolen_early + [path.read_bytes() for path in cloud.root.rglob("*") if path.is_file()]
    hidden = (*MARKERS, secret, seal.link_text(secret).encode(), seal.link_opener(secret), transit_key)
    for content in everything:
        for marker in hidden:
            assert marker not in content and marker.hex().encode() not in content
    assert {wrap.kind for wrap in Wrap.select()} == {"link"} and not TenantKey.select().exists()
    row = Notice.get()
    guesses = [cloud.keys.master, bytes.fromhex(row.lookup) * 2, seal.link_opener(bytes.fromhex(row.lookup))]
    guesses += [seal.derive(cloud.keys.master, purpose) for purpose in ("link/opener", "link/lookup", "device")]
    for guess in guesses:
        with pytest.raises(seal.SealBroken):
            copies.unwrap(copy, copy.wraps[0], guess)
        with pytest.raises(seal.SealBroken):
            copies.open_summary(copy, guess)
    assert cloud.open_by_link(copy, secret) == RAW


def test_a_transit_key_lives_as_long_as_a_row_needs_it(cloud):
    cloud.deposit("a@out.test")
    assert transit.sweep(cloud.keys.transit) == [] and len(cloud.mails()) == 1
    (path,) = cloud.keys.transit.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    cloud.notices_leave()
    with pytest.raises(transit.TransitKeyGone):
        transit.key(cloud.keys.transit, path.stem)
    with store.database.atomic():
        assert transit.current(cloud.keys.transit)[0] != path.stem
