"""Composed calls with known truth, for your tests and ours."""

from analyzer.testing.clips import Clip, ClipBank, NoClipError
from analyzer.testing.compose import ComposedCall, compose
from analyzer.testing.placing import ScriptError
from analyzer.testing.script import Ending, Script
from analyzer.testing.truth import CallTruth, Conditions, truth_schema

__all__ = [
    "CallTruth",
    "Clip",
    "ClipBank",
    "ComposedCall",
    "Conditions",
    "Ending",
    "NoClipError",
    "Script",
    "ScriptError",
    "compose",
    "truth_schema",
]
