"""Mel spectrum as the speaker network learned it: 80 bands, 25 ms every 10 ms at 16 kHz."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples, Sound

RATE_HZ = 16000
HOP = 160
WINDOW = 400
_FFT = 512
_BANDS = 80
_LOWEST_HZ = 20.0
_PREEMPHASIS = 0.97
_LEAST = 1.1920929e-07
_BLOCK = 4096  # frames at once: little memory on a long call


def fbank(samples: Sound, floor: float = 0.0) -> Samples:
    """Log energies (frames, 80) of whole windows, without any mean taken off.

    Args:
        samples: (samples,) at 16 kHz, full scale 1.0.
        floor: power of white noise (full scale 1.0) added to every frame's spectrum, so that an empty band and a
            silent one look alike whatever recorded them.
    """
    count = max(0, 1 + (len(samples) - WINDOW) // HOP)
    out = np.empty((count, _BANDS), dtype=np.float32)
    window, banks = _window(), _banks()
    added = floor * float(np.sum(window**2))
    for first in range(0, count, _BLOCK):
        rows = min(_BLOCK, count - first)
        piece = samples[first * HOP : (first + rows - 1) * HOP + WINDOW].astype(np.float64)
        frames = np.lib.stride_tricks.sliding_window_view(piece, WINDOW)[::HOP]
        frames = frames - frames.mean(axis=1, keepdims=True)
        before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
        power = np.abs(np.fft.rfft((frames - _PREEMPHASIS * before) * window, _FFT)) ** 2 + added
        out[first : first + rows] = np.log(np.maximum(power[:, :-1] @ banks.T, _LEAST))
    return out


@lru_cache(maxsize=1)
def _window() -> npt.NDArray[np.float64]:
    return np.asarray((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85)


def _mel(hertz: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
    return np.asarray(1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0))


@lru_cache(maxsize=1)
def _banks() -> npt.NDArray[np.float64]:
    """Triangles on the mel scale, (80, 256)."""
    edges = np.linspace(_mel(_LOWEST_HZ), _mel(RATE_HZ / 2), _BANDS + 2)
    bins = _mel(np.arange(_FFT // 2) * RATE_HZ / _FFT)
    up = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0.0, np.minimum(up, down)))
