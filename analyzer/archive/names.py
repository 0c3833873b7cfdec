"""What a recording is called in ledger and index: its path as text that can be written anywhere, and back."""

from __future__ import annotations

import os
from urllib.parse import unquote_to_bytes


def name_of_path(relative: str) -> str:
    """A path as plain text: "%" and bytes outside UTF-8 as %XX."""
    raw = os.fsencode(relative)
    try:
        return raw.decode().replace("%", "%25")
    except UnicodeDecodeError:
        text = raw.replace(b"%", b"%25").decode("utf-8", "surrogateescape")
        return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)


def path_of_name(name: str) -> str:
    """The path that `name_of_path` made a name of."""
    return os.fsdecode(unquote_to_bytes(name))


def is_name(text: str) -> bool:
    """Whether `name_of_path` may have made it of a path that a file can have."""
    path = path_of_name(text)
    return "\0" not in path and name_of_path(path) == text
