"""Tones of telephone keys (DTMF): a voice network takes them for speech, and the recogniser writes words for them.

Source: ITU-T Q.23: one of 697, 770, 852, 941 Hz and one of 1209, 1336, 1477, 1633 Hz at once; Q.24: received
from 40 ms on.
"""

from __future__ import annotations

import numpy as np

from analyzer.call.sound import at_rate
from analyzer.call.types import Sound
from analyzer.spans import Timeline
from analyzer.speech.tones import FAINTEST, RATE_HZ, WINDOW, tone_powers, when

LOW_HZ, HIGH_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_PURITY = 0.8  # share of the power that both tones hold
_LEAST = 0.08  # and each of them
_SHORTEST_MS = 20  # in windows that lie nearly whole in it
_EDGE_MS = 30  # what a window reaches beyond a tone


def find_keys(samples: Sound, rate_hz: int) -> Timeline:
    """Where a key is pressed: one pair of tones holds nearly all the power for about 50 ms and more.

    Args:
        samples: one channel.
        rate_hz: of the samples.
    """
    x = at_rate(samples, rate_hz, RATE_HZ, "LQ")
    if len(x) < WINDOW:
        return Timeline()
    keys = []  # 1 to 16, 0 where none is
    for power, tones in tone_powers(x, np.array(LOW_HZ + HIGH_HZ, np.float64)):
        low, high = tones[:, : len(LOW_HZ)], tones[:, len(LOW_HZ) :]
        first, second = low.max(axis=1), high.max(axis=1)
        heard = (first + second > _PURITY * power) & (np.minimum(first, second) > _LEAST * power) & (power > FAINTEST)
        keys.append(np.where(heard, 1 + len(HIGH_HZ) * low.argmax(axis=1) + high.argmax(axis=1), 0))
    pressed = np.concatenate(keys)
    held = Timeline(tuple(s for key in range(1, 17) for s in when(pressed == key)))
    return Timeline(tuple(s.widen(_EDGE_MS) for s in held.drop_shorter(_SHORTEST_MS)))
