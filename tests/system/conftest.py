"""Stacks of real Postfix and our own programs; each is started once for all tests that use it."""

import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab.stack import Stack


@pytest.fixture(scope="session")
def milter_stack():
    """The lab in milter mode."""
    with Stack.running(gate=False) as stack:
        yield stack


@pytest.fixture(scope="session")
def gate_stack():
    """The lab in gate mode."""
    with Stack.running(gate=True) as stack:
        yield stack


@pytest.fixture(params=["milter", "gate"])
def stack(request):
    """The lab in both modes, one after the other."""
    return request.getfixturevalue(f"{request.param}_stack")


@pytest.fixture
def marker():
    """A word that stands in no other message."""
    return "marker" + uuid.uuid4().hex
