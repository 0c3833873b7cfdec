"""Second opinions that share no code with the product: speech level after ITU-T P.56, pitch by autocorrelation."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.signal import lfilter

from analyzer.testing import Clip


def active_level(samples: np.ndarray, rate_hz: int) -> float | None:
    """Active speech level in dBFS by P.56 method B: envelope of 30 ms twice, 200 ms hangover, margin 15.9 dB.

    Args:
        samples: shape (frames,).
        rate_hz: of the samples.
    """
    x = samples.astype(np.float64)
    total = float(np.sum(x * x))
    if total == 0:
        return None
    g = math.exp(-1 / (rate_hz * 0.03))
    envelope = lfilter([1 - g], [1, -g], lfilter([1 - g], [1, -g], np.abs(x)))
    hang = math.ceil(0.2 * rate_hz)
    # loud within the last 200 ms: the hangover, for every threshold at once
    held = maximum_filter1d(envelope, hang, origin=(hang - 1) // 2)
    previous = None
    for power in range(-1, -16, -1):
        threshold = 2.0**power
        active = int(np.count_nonzero(held >= threshold))
        if not active:
            continue
        level = 10 * math.log10(total / active)
        above = level - 20 * math.log10(threshold)
        if above >= 15.9:
            if previous is None:
                return level
            before_level, before_above = previous
            share = (15.9 - before_above) / (above - before_above)
            return before_level + share * (level - before_level)
        previous = level, above
    return None


@lru_cache(maxsize=2048)
def pitch_track(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Times (ms) and F0 (Hz) of the voiced frames of a whole-band clip.

    Normalised autocorrelation of 40 ms Hann frames every 10 ms divided by the window's own, 60 to 420 Hz, with a
    small cost per octave (after Boersma 1993), voiced from 0.8 and within 20 dB of the clip's loud level.
    """
    x = clip.samples.astype(np.float64)
    rate = clip.rate_hz
    size, hop = rate * 40 // 1000, rate * 10 // 1000
    window = np.hanning(size)
    own = np.correlate(window, window, "full")[size - 1 :]
    low, high = rate // 420, min(rate // 60, size - 2)
    lags = np.arange(low, high)
    starts = np.arange(0, max(0, len(x) - size), hop)
    power = np.array([np.mean(x[s : s + size] ** 2) for s in starts])
    if not len(power):
        return np.zeros(0), np.zeros(0)
    loud = np.percentile(power, 95) * 1e-2
    times, found = [], []
    for start, energy in zip(starts, power, strict=True):
        if energy < loud:
            continue
        frame = x[start : start + size]
        frame = (frame - frame.mean()) * window
        spectrum = np.fft.rfft(frame, 2 * size)
        auto = np.fft.irfft(np.abs(spectrum) ** 2)[:size]
        if auto[0] <= 0:
            continue
        shape = (auto / auto[0]) / np.maximum(own / own[0], 1e-3)
        score = shape[lags] - 0.02 * np.log2(lags / low)
        best = int(np.argmax(score))
        if shape[lags[best]] < 0.8 or best in (0, len(lags) - 1):
            continue
        a, b, c = shape[lags[best] - 1 : lags[best] + 2]
        shift = 0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c else 0.0
        times.append(1000 * (start + size / 2) / rate)
        found.append(rate / (lags[best] + shift))
    return np.array(times), np.array(found)
