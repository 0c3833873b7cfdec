"""Files that somebody gave: a named pipe would be waited for without end, and what a device gives has none."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class NotRegularError(OSError):
    """What the path names is a folder, a named pipe, a socket or a device."""


class TooLargeError(OSError):
    """The file holds more bytes than are allowed."""


def open_regular(path: Path) -> int:
    """Opens a regular file to read; returns its descriptor.

    Raises:
        NotRegularError: it is there and is something else.
        OSError: it is not there, or may not be read.
        ValueError: the path holds a zero byte.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))  # else a named pipe hangs the open
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotRegularError("not a regular file")
    return fd


def read_regular(path: Path, limit: int) -> bytes:
    """All bytes of a regular file.

    Args:
        path: of the file.
        limit: how many bytes it may have, whatever the file system says of its size.

    Raises:
        NotRegularError: as `open_regular`.
        TooLargeError: it holds more; the text says how many, and the limit.
        OSError: it is not there, or can't be read.
        ValueError: the path holds a zero byte.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= limit:
            data = file.read(limit + 1)
            size = max(size, len(data))
    if size > limit:
        raise TooLargeError(f"{size} bytes, {limit} are allowed")
    return data
