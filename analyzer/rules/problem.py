"""What a check says is wrong with its parameters: a key and what fills it, no words, so that words decide no hits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `told.tell` has the words that stand under the key."""

    key: str
    parts: Mapping[str, str | float]


def problem(key: str, /, **parts: str | float) -> Problem:
    """A problem by its key and what fills it."""
    return Problem(key, parts)
