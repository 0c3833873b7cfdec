"""Scores Mandarin contact-centre recordings against a service standard, with evidence to listen to.

    from analyzer import Analyzer, analyze_call, load_standard

The names below are loaded when they are first used, so that `import analyzer` costs nothing.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.errors import (
        AnalyzerError,
        AudioError,
        MetadataError,
        ModelError,
        OutputError,
        StandardError,
        UsageError,
    )
    from analyzer.pipeline import Analyzer, HearingSettings, analyze_call
    from analyzer.rules.pack import load_standard
    from analyzer.rules.types import Failed, Refused, Scorecard, Scored

__version__ = "0.1.0"

# Before numpy is loaded: more threads change the last digits of what the recogniser hears.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Before onnxruntime is: from 1.32 on it tells its makers of every machine and session. Nothing leaves this one.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

_HOME = {
    "analyzer.errors": (
        "AnalyzerError", "AudioError", "MetadataError", "ModelError", "OutputError", "StandardError", "UsageError",
    ),
    "analyzer.pipeline": ("Analyzer", "HearingSettings", "analyze_call"),
    "analyzer.rules.pack": ("load_standard",),
    "analyzer.rules.types": ("Failed", "Refused", "Scorecard", "Scored"),
}  # fmt: skip
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Analyzer", "AnalyzerError", "AudioError", "Failed", "HearingSettings", "MetadataError", "ModelError",
    "OutputError", "Refused", "Scorecard", "Scored", "StandardError", "UsageError", "analyze_call", "load_standard",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The public names, from the modules they live in."""
    if name not in _WHERE:
        raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)
