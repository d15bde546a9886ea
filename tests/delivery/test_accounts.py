"""Accounts: what opens what, after every change of an opener."""

import pytest

from sealgate_core import seal
from sealgate_core.seal import PasswordCost
from sealgate_delivery import accounts
from sealgate_delivery.store import AccountOpener, AddressKey, AddressKeyHolder

ADDRESS, PASSWORD = "ann@out.test", "correct horse battery"


@pytest.fixture
def ann(cloud):
    return accounts.create("Ann", ADDRESS, PASSWORD, cloud.cost)


def held(opened: accounts.OpenedAccount) -> set[str]:
    return set(accounts.address_keys(opened.account, opened.private, ADDRESS))


def current() -> str:
    return AddressKey.get(AddressKey.current).id


def test_sign_in(ann):
    opened = accounts.sign_in("ann@OUT.test", PASSWORD)
    assert opened and opened.private == ann.private and held(opened) == {current()}
    assert accounts.sign_in(ADDRESS, PASSWORD + "x") is None
    assert accounts.sign_in("Ann@out.test", PASSWORD) is None


def test_passwords_are_the_same_in_every_normal_form(cloud):
    accounts.create("Ann", ADDRESS, "Passwörter sind lang", cloud.cost)
    assert accounts.sign_in(ADDRESS, "Passwo\u0308rter sind lang")


def test_sign_in_does_the_same_work_for_a_stranger(ann, monkeypatch):
    costs = []
    real = seal.password_keys
    monkeypatch.setattr(seal, "password_keys", lambda p, salt, cost: (costs.append(str(cost)), real(p, salt, cost))[1])
    for address, password in ((ADDRESS, "wrong"), ("nobody@out.test", "wrong"), (ADDRESS, PASSWORD)):
        accounts.sign_in(address, password)
    assert len(costs) == 3 and len(set(costs)) == 1


def test_an_address_belongs_to_one_account(cloud, ann):
    with pytest.raises(accounts.AddressTaken):
        accounts.create("Eve", "ann@OUT.test", PASSWORD, cloud.cost)
    eve = accounts.create("Eve", "eve@out.test", PASSWORD, cloud.cost)
    with pytest.raises(accounts.AddressTaken):
        accounts.add_address(eve.account, eve.private, ADDRESS)
    with pytest.raises(ValueError, match="not proved"):
        accounts.ensure_address_key(eve.account, eve.private, ADDRESS)
    assert accounts.address_keys(eve.account, eve.private, ADDRESS) == {}


def test_cost_is_raised_at_sign_in(ann):
    accounts.sign_in(ADDRESS, PASSWORD, PasswordCost(16, 1, 1))
    assert AccountOpener.get().cost == "argon2id,m=16,t=1,p=1"
    assert accounts.sign_in(ADDRESS, PASSWORD).private == ann.private


def test_changed_password_keeps_every_key(ann):
    accounts.change_password(ann.account, ann.private, "another long password")
    assert accounts.sign_in(ADDRESS, PASSWORD) is None
    assert held(accounts.sign_in(ADDRESS, "another long password")) == {current()}


def test_reset_without_a_device_replaces_all_keys(ann):
    before = current()
    opened = accounts.reset_password(ADDRESS, "another long password")
    assert opened.private != ann.private and held(opened) == {current()} and current() != before
    assert accounts.sign_in(ADDRESS, PASSWORD) is None
    assert AddressKeyHolder.select().where(AddressKeyHolder.key == before).count() == 0
    with pytest.raises(KeyError):
        accounts.reset_password("nobody@out.test", "x")


def test_reset_with_a_device_leaves_the_device_what_it_opened(ann):
    before, token = current(), accounts.remember_device(ann.account, ann.private)
    accounts.reset_password(ADDRESS, "another long password")
    device = accounts.by_device(token)
    assert device and held(device) == {before}
    with pytest.raises(accounts.StaleKey):
        accounts.change_password(device.account, device.private, "a third long password")


def test_device(ann):
    token = accounts.remember_device(ann.account, ann.private, "phone")
    assert accounts.by_device(token).private == ann.private
    for bad in ("", "zz", token[:-2], token[:32] + "0" * 64, "0" * 32 + token[32:]):
        assert accounts.by_device(bad) is None
    AccountOpener.update(expires=1).where(AccountOpener.kind == "device").execute()
    assert accounts.by_device(token) is None and accounts.sweep_devices() == 1


def test_law_3_no_target_without_an_opener(cloud):
    opened = accounts.create("Ann", ADDRESS, "", cloud.cost)
    token = accounts.remember_device(opened.account, opened.private)
    assert AddressKey.select().where(AddressKey.current).count() == 1
    accounts.forget_device(token)
    assert accounts.by_device(token) is None
    assert not AddressKey.select().where(AddressKey.current).exists() and not AddressKeyHolder.select().exists()
    (copy,) = cloud.deposit(ADDRESS)
    assert {wrap.kind for wrap in copy.wraps} == {"link", "service"}


def test_removed_account_is_no_target(cloud, ann):
    accounts.remove(ann.account)
    assert accounts.sign_in(ADDRESS, PASSWORD) is None
    assert {wrap.kind for wrap in cloud.deposit(ADDRESS)[0].wraps} == {"link", "service"}


def test_openers_cannot_be_swapped(cloud, ann):
    eve = accounts.create("Eve", "eve@out.test", "eves own long password", cloud.cost)
    row = AccountOpener.get(AccountOpener.account == eve.account)
    AccountOpener.update(sealed=row.sealed, verifier=row.verifier, salt=row.salt).where(
        AccountOpener.account == ann.account).execute()
    assert accounts.sign_in(ADDRESS, "eves own long password") is None
