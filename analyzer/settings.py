"""Fingerprints of frozen settings: what decides whether a cached result still holds."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec


def fingerprint(*settings: Any) -> str:
    """SHA-256 (16 hex digits) of frozen dataclasses or plain values, by field name and value.

    Args:
        settings: anything msgspec can encode; the order of arguments matters, the order of keys does not.
    """
    encoded = msgspec.json.encode([msgspec.to_builtins(s) for s in settings], order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:16]
