"""The closed set of check kinds: what a rule can ask of a call."""

from analyzer.rules.checks.logic import KINDS, Check

__all__ = ["KINDS", "Check"]
