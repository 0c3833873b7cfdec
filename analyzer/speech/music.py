"""Hold music: sound that goes on, is harmonic, and is not a voice. Sung music is beyond it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples
from analyzer.spans import Timeline

_RATE_HZ = 8000
_WINDOW = 512  # 64 ms
_HOP = 400  # 50 ms
_SHORTEST_MS = 2500


def find_music(
    samples: Samples, voice: npt.NDArray[np.float32], floor_db: float, tones: Timeline, speech: Timeline
) -> Timeline:
    """Long stretches whose spectrum has standing peaks, without a voice.

    Args:
        samples: shape (frames,) at 8 kHz.
        voice: Silero's probability, a value each 32 ms.
        floor_db: the leg's noise floor.
        tones: call-progress tones, which are not music.
        speech: speech found on the leg, which is not music either.
    """
    if samples.size < _WINDOW * 4:
        return Timeline()
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
    window = np.hanning(_WINDOW).astype(np.float32)
    count = frames.shape[0]
    tonal = np.zeros(count)
    level = np.zeros(count)
    for first in range(0, count, 4096):
        power = np.abs(np.fft.rfft(frames[first : first + 4096] * window)) ** 2
        power = power[:, 8:224] + 1e-12  # 125 to 3500 Hz
        total = power.sum(axis=1)
        level[first : first + 4096] = 10.0 * np.log10(total / (float(np.sum(window**2)) * _WINDOW / 2) + 1e-10)
        # share of the power in the strongest 5 % of the bins: about 0.2 for noise, far more for notes
        top = np.partition(power, -11, axis=1)[:, -11:].sum(axis=1)
        tonal[first : first + 4096] = top / total
    at = np.minimum((np.arange(count) * _HOP + _WINDOW // 2) * 2 // 512, max(0, voice.size - 1))
    quiet_voice = voice[at] < 0.3 if voice.size else np.ones(count, dtype=np.bool_)
    sounding = (level > max(floor_db + 8.0, -60.0)) & (tonal > 0.5) & quiet_voice
    edges = np.flatnonzero(np.diff(np.concatenate([[0], sounding.astype(np.int8), [0]])))
    pairs = [(int(a) * 50, int(b) * 50 + 14) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    found = (Timeline.of(pairs) - tones - speech).drop_shorter(100).close_gaps(700)
    kept = [s for s in found.drop_shorter(_SHORTEST_MS) if Timeline.of(pairs).covered_ms(s) > 0.6 * s.duration_ms]
    kept = [s for s in kept if speech.covered_ms(s) < 0.1 * s.duration_ms]
    return Timeline(tuple(kept))
