"""Marks before a phrase that say where it is looked for, and how much like it words must be."""

from __future__ import annotations

NEARLY = "≈"  # only what was said nearly as written counts
AGENT = "@"  # before that: only where the agent says it


def unmarked(phrase: str) -> str:
    """The phrase itself."""
    return phrase.removeprefix(AGENT).removeprefix(NEARLY)
