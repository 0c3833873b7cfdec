"""Keeps the recogniser's large blocks of memory for its next window instead of fetching them afresh each time.

Attention over more than 20 s of sound needs blocks above 32 MB. The C library takes such blocks from the system and
gives them back at once, and every page of them costs a fault: two fifths of the encoder's time. While windows are
recognised, blocks come from the heap; elsewhere large arrays go back to the system as ever.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # of mallopt, from malloc.h
_USUAL_MMAP_MAX = 65_536
KEPT_BYTES = 512_000_000


def use_one_heap() -> None:
    """One heap for all threads, freed blocks kept in it up to `KEPT_BYTES`; before the engine starts its threads."""
    _mallopt(_ARENA_MAX, 1)
    _mallopt(_TRIM_THRESHOLD, KEPT_BYTES)


@contextlib.contextmanager
def blocks_from_heap() -> Iterator[None]:
    """Large blocks come from the heap as long as this lasts; then what is free in it goes back to the system."""
    _mallopt(_MMAP_MAX, 0)
    try:
        yield
    finally:
        _mallopt(_MMAP_MAX, _USUAL_MMAP_MAX)
        _c_library("malloc_trim", 0)


def _mallopt(what: int, value: int) -> None:
    _c_library("mallopt", what, value)


def _c_library(function: str, *values: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library: slower, never wrong
            getattr(ctypes.CDLL(None), function)(*values)
