"""The decision is pure, and total: every recipient has exactly one way."""

from sealgate_delivery.decide import Way, decide


def members(address):
    return address.endswith("@member.test")


def test_members_directly_everyone_else_by_the_portal():
    assert decide(members, "m@member.test").way is Way.RELAY
    for address in ("a@out.test", "a@sub.member.test", "", "member.test", "a@member.test.evil.test"):
        assert decide(members, address).way is Way.PORTAL


def test_what_came_back_goes_to_the_portal():
    assert decide(members, "m@member.test", returned=True).way is Way.PORTAL
    assert decide(members, "a@out.test", returned=True).way is Way.PORTAL


def test_every_decision_has_a_reason_for_the_log():
    assert all(decide(members, a, r).reason for a in ("m@member.test", "a@out.test") for r in (True, False))
