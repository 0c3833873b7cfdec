"""Weights fitted on composed calls, in `fitted.json` beside this module; `benchmarks/fit_overlap.py` writes it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec


class Fitted(msgspec.Struct, frozen=True):
    """What is fitted.

    Args:
        around: of every cue at every place, `in_context`,
        constant: and what is added.
        start: of what speaks for an overlap's start, `edges`,
        end: and for its end.
    """

    around: tuple[tuple[float, ...], ...]
    constant: float
    start: tuple[float, ...]
    end: tuple[float, ...]


@lru_cache(maxsize=1)
def fitted() -> Fitted:
    """The product's weights."""
    return msgspec.json.decode((Path(__file__).parent / "fitted.json").read_bytes(), type=Fitted)
