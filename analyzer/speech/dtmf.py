"""Tones of telephone keys (DTMF): a voice network takes them for speech, and the recogniser writes words for them.

Source: ITU-T Q.23: one of 697, 770, 852, 941 Hz and one of 1209, 1336, 1477, 1633 Hz at once; Q.24: received
from 40 ms on.
"""

from __future__ import annotations

import numpy as np

from analyzer.call.sound import at_rate, windows
from analyzer.call.types import Sound
from analyzer.spans import Timeline, runs

LOW_HZ, HIGH_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_RATE_HZ = 8000
_WINDOW = 256  # 32 ms
_HOP = 80  # 10 ms
_PURITY = 0.8  # share of the power that both tones hold
_LEAST = 0.08  # and each of them
_FAINTEST_DB = -60.0
_SHORTEST_MS = 20  # in windows that lie nearly whole in it
_EDGE_MS = 30  # what a window reaches beyond a tone


def find_keys(samples: Sound, rate_hz: int) -> Timeline:
    """Where a key is pressed: one pair of tones holds nearly all the power for about 50 ms and more.

    Args:
        samples: one channel.
        rate_hz: of the samples.
    """
    x = at_rate(samples, rate_hz, _RATE_HZ, "LQ")
    if len(x) < _WINDOW:
        return Timeline()
    time = np.arange(_WINDOW) / _RATE_HZ
    window = np.hanning(_WINDOW).astype(np.float32)
    wave = np.exp(-2j * np.pi * np.array(LOW_HZ + HIGH_HZ)[None, :] * time[:, None]) * window[:, None]
    wave = wave.astype(np.complex64)
    norm = float(np.sum(window)) ** 2 / 2.0
    keys = []  # 1 to 16, 0 where none is
    for block in windows(x, _WINDOW, _HOP, 4096):
        power = np.einsum("ij,ij->i", block * window, block * window) / float(np.sum(window**2))
        tones = np.abs(block @ wave) ** 2 / norm
        low, high = tones[:, :4], tones[:, 4:]
        first, second = low.max(axis=1), high.max(axis=1)
        heard = (first + second > _PURITY * power) & (np.minimum(first, second) > _LEAST * power)
        heard &= power > 10.0 ** (_FAINTEST_DB / 10.0)
        keys.append(np.where(heard, 1 + 4 * low.argmax(axis=1) + high.argmax(axis=1), 0))
    pressed = np.concatenate(keys)
    hop_ms, centre_ms = 1000 * _HOP // _RATE_HZ, 500 * (_WINDOW - _HOP) // _RATE_HZ
    held = Timeline.of(
        (a * hop_ms + centre_ms, b * hop_ms + centre_ms) for key in range(1, 17) for a, b in runs(pressed == key)
    )
    return Timeline(tuple(s.widen(_EDGE_MS) for s in held.drop_shorter(_SHORTEST_MS)))
