"""What a terminal may be given."""

from __future__ import annotations


def printable(text: str) -> str:
    """A text of unknown origin as a terminal may show it: control characters as `·`, so nothing is steered."""
    return "".join(sign if sign.isprintable() else "·" for sign in text)
