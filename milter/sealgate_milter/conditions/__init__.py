"""What a test can look at: every condition by its key in the policy file.

To add one, declare it in a module here and join its `DECLARED` below.
"""

from sealgate_milter.conditions import content, envelope, lexicons, registered, texts
from sealgate_milter.conditions.content import REASONS
from sealgate_milter.conditions.declare import SCOPES, Condition, Facts, FactTest, NearTest, Test, TextTest

__all__ = ["CONDITIONS", "REASONS", "SCOPES", "Condition", "FactTest", "Facts", "NearTest", "Test", "TextTest"]

_DECLARED = (*texts.DECLARED, *lexicons.DECLARED, *envelope.DECLARED, *content.DECLARED, *registered.DECLARED)
CONDITIONS = {condition.key: condition for condition in _DECLARED}
"""Every condition by its key."""
