"""Fingerprints of frozen settings: what decides whether a cached result still holds."""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import msgspec


def fingerprint(*settings: Any) -> str:
    """SHA-256 (16 hex digits) of frozen dataclasses or plain values, by field name and value.

    Args:
        settings: anything msgspec can encode; the order of arguments matters, the order of keys does not.
    """
    encoded = msgspec.json.encode([msgspec.to_builtins(s) for s in settings], order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:16]


def code_print(modules: Iterable[str], libraries: Iterable[str]) -> str:
    """Names what some of our modules and the libraries below them do: no changed table or threshold can be forgotten.

    Args:
        modules: below `analyzer`; their text counts.
        libraries: as they are installed; their version counts.
    """
    ours = [inspect.getsource(importlib.import_module(f"analyzer.{name}")) for name in modules]
    return fingerprint(ours, {name: version(name) for name in libraries})
