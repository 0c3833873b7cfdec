"""What a file is called, as text that everybody can read."""

from __future__ import annotations


def printable_name(name: str) -> str:
    """A file's name for JSON, tables and messages: bytes that aren't UTF-8 become U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
