"""The one rule: the table of `sealing.md` 5 line by line, and every combination."""

from itertools import product

import pytest

from sealgate_delivery.admit import REACHES, CopyFacts, Gone, Prove, Read, SessionFacts, Unknown, Unlock, Way, admit

LIVE = ("accepted", "noticed", "undeliverable", "opened")
ALL_WRAPS = frozenset({("link", "n1"), ("address", "k1"), ("service", "2")})


def copy(state="noticed", level=1, expires=100, wraps=ALL_WRAPS) -> CopyFacts:
    return CopyFacts(state, level, expires, frozenset(wraps))


def session(link=False, level=0, keys=(), methods=None) -> SessionFacts:
    return SessionFacts(frozenset({"n1"} if link else {"other"}), level, frozenset(keys), frozenset({"n1"}), methods)


@pytest.mark.parametrize(("facts", "of", "answer"), [
    (copy(), session(), Unknown()),
    (copy(state="recalled"), session(), Unknown()),
    (copy(state="recalled", wraps=()), session(link=True), Gone("recalled", frozenset({Way.WRITE}))),
    (copy(state="gone", wraps=()), session(level=1), Gone("gone", frozenset({Way.WRITE}))),
    (copy(state="expired"), session(link=True), Gone("expired", frozenset({Way.EXTEND}))),
    (copy(expires=50), session(level=3, keys=("k1",)), Gone("expired", frozenset({Way.EXTEND}))),
    (copy(), session(link=True), Prove(1, frozenset({Way.CODE, Way.PASSWORD, Way.PASSKEY}))),
    (copy(level=3), session(link=True, level=2), Prove(3, frozenset({Way.PASSKEY, Way.SET_UP}))),
    (copy(level=3), session(level=1, methods=frozenset({Way.PASSWORD})), Prove(3, frozenset({Way.SET_UP}))),
    (copy(level=2), session(level=1, methods=frozenset({Way.PASSWORD})), Prove(2, frozenset({Way.PASSWORD}))),
    (copy(level=0), session(link=True), Prove(1, frozenset({Way.CODE, Way.PASSWORD, Way.PASSKEY}))),
    (copy(), session(link=True, level=1, keys=("k1",)), Read("address", "k1")),
    (copy(), session(link=True, level=1), Read("link", "n1")),
    (copy(), session(level=1, keys=("old",)), Read("service", "2")),
    (copy(wraps={("link", "n1"), ("address", "k1")}), session(level=3),
     Unlock(frozenset({Way.PASSWORD, Way.PASTE, Way.NEW_NOTICE, Way.WRITE}))),
])
def test_table(facts, of, answer):
    assert admit(facts, of, 50) == answer


def test_all_combinations():
    """Nobody reads without proof and a fitting wrap; nothing is told to a stranger; every answer has a way on."""
    wrap_sets = [frozenset(w for w, on in zip(sorted(ALL_WRAPS), bits, strict=True) if on)
                 for bits in product((0, 1), repeat=3)]
    methods = (None, frozenset(), frozenset({Way.PASSWORD}), frozenset({Way.PASSKEY}))
    states = (*LIVE, "expired", "recalled", "gone")
    count = 0
    for state, level, expires, wraps, link, proof, key, method in product(
            states, range(4), (0, 100), wrap_sets, (0, 1), range(4), (0, 1), methods):
        of = session(bool(link), proof, ("k1",) if key else (), method)
        answer = admit(copy(state, level, expires, wraps), of, 50)
        count += 1
        may = proof >= max(level, 1) and state in LIVE and expires > 50
        if not link and not proof:
            assert answer == Unknown()
            continue
        assert answer != Unknown()
        if isinstance(answer, Read):
            assert may and (answer.kind, answer.opener) in wraps
            assert answer.kind != "link" or link
            assert answer.kind != "address" or key
        else:
            assert answer.ways
        assert isinstance(answer, Read | Unlock) == may
        assert isinstance(answer, Gone) == (state not in LIVE or expires <= 50)
        if isinstance(answer, Prove):
            assert proof < answer.level
            assert all(REACHES.get(way, 9) >= answer.level for way in answer.ways)
    assert count == 7 * 4 * 2 * 8 * 2 * 4 * 2 * 4
