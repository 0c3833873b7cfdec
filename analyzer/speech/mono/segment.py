"""Who of a few local voices speaks, window by window of ten seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Sound
from analyzer.speech.mono.networks import Networks

RATE_HZ = 16000
WINDOW = 10 * RATE_HZ
STEP = RATE_HZ * 5 // 2
FRAME = 270  # samples from one frame of the network to the next
FIRST = 495  # sample in the middle of the first frame
LOCAL = 3  # local voices a window
_HOLDS = np.array([[0, 1, 0, 0, 1, 1, 0], [0, 0, 1, 0, 1, 0, 1], [0, 0, 0, 1, 0, 1, 1]], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Windows:
    """The segmentation of a whole call on one frame grid.

    Args:
        voices: probability that a local voice speaks, (windows, frames, 3).
        first: the grid's frame each window begins at, (windows,).
        frames: of the grid, 16.9 ms each.
    """

    voices: npt.NDArray[np.float32]
    first: npt.NDArray[np.int64]
    frames: int


def segment(sound: Sound, networks: Networks) -> Windows:
    """Local voices of every window.

    Args:
        sound: (samples,) at 16 kHz.
        networks: loaded.
    """
    count = max(1, -(-(len(sound) - WINDOW) // STEP) + 1)
    parts: list[npt.NDArray[np.float32]] = []
    for i in range(count):
        window = np.zeros(WINDOW, dtype=np.float32)
        piece = sound[i * STEP : i * STEP + WINDOW]
        window[: piece.size] = piece
        parts.append(np.exp(networks.segment(window)) @ _HOLDS.T)
    first = np.round(np.arange(count) * STEP / FRAME).astype(np.int64)
    return Windows(np.stack(parts), first, int(first[-1]) + parts[0].shape[0])


def ms_at(frame: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The middle of a frame of the grid."""
    return (np.asarray(frame) * FRAME + FIRST) * 1000 / RATE_HZ
