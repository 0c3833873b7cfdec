"""A sound cut into grains of so many milliseconds, each where its time is, whatever the rate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import BLOCK
from analyzer.call.types import Samples, Sound


def grains(sound: Sound, rate_hz: int, grain_ms: int) -> Iterator[Samples]:
    """Consecutive grains, many at a time, shape (n, size): the i-th of all begins at `i * grain_ms`.

    A rate that has no whole number of samples a grain (11,025 and 22,050 Hz) leaves one out here and there: grains
    counted in samples would run ever further from the clock. What makes no whole grain at the end is left out.

    Args:
        sound: one channel.
        rate_hz: of it.
        grain_ms: length of a grain.
    """
    size = max(1, rate_hz * grain_ms // 1000)
    count = len(sound) * 1000 // (rate_hz * grain_ms)
    together = max(1, BLOCK // size)
    for first in range(0, count, together):
        starts = np.arange(first, min(first + together, count)) * (rate_hz * grain_ms) // 1000
        piece = sound[int(starts[0]) : int(starts[-1]) + size]
        yield np.lib.stride_tricks.sliding_window_view(piece, size)[starts - starts[0]]


def variances(sound: Sound, rate_hz: int, grain_ms: int) -> npt.NDArray[np.float64]:
    """Variance of every grain, shape (n,): its power without what does not alternate.

    Args:
        sound: as `grains`, and so the others.
        rate_hz: of it.
        grain_ms: length of a grain.
    """
    parts = [some.var(axis=1, dtype=np.float64) for some in grains(sound, rate_hz, grain_ms)]
    return np.concatenate([np.zeros(0), *parts])
