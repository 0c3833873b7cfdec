"""Text in the cells of a spreadsheet."""

from __future__ import annotations

_RUN = ("=", "+", "-", "@", "\t", "\r")  # what begins a formula, in one program or another


def inert(text: str) -> str:
    """The text as a cell that a spreadsheet shows and never runs."""
    return f"'{text}" if text.startswith(_RUN) else text
