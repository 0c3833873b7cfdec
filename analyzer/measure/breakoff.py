"""Whether somebody broke off in mid-word, heard in how the sound ends.

Definition: in the last 150 ms the level falls from within 12 dB of the loudness of the last second and a half to 30 dB
under it in at most 10 ms, and was still within 11 dB of it 25 to 45 ms before the end. Chinese syllables end in a vowel
or a nasal and fade; a speaker who yields stops. Where the line's noise, or the other leg's copy, lies within 25 dB of
the speech the fall can't be seen and nothing is said; nor on a leg that hears the other.
"""

from __future__ import annotations

import numpy as np

from analyzer.call.types import Layout, Legs

_FRAME_MS = 5
_FALL_MS = 10
_CLEAR_DB = 25.0


def breaks_off(legs: Legs, speaker: int, end_ms: int) -> bool:
    """Whether the speech of a leg that ends at `end_ms` was cut rather than finished.

    Args:
        legs: of the recording.
        speaker: whose leg; on one mixed channel nothing can be said.
        end_ms: where speech activity ends.
    """
    if legs.layout is not Layout.STEREO or speaker >= len(legs.legs):
        return False
    if any(b.into_channel == legs.legs[speaker].channel for b in legs.bleed):
        return False
    step = legs.rate_hz * _FRAME_MS // 1000
    first = max(0, end_ms - 1500) * legs.rate_hz // 1000
    samples = legs.legs[speaker].samples[first : (end_ms + 130) * legs.rate_hz // 1000]
    count = samples.size // step
    if count < 60:
        return False
    blocks = samples[: count * step].reshape(count, step).astype(np.float64)
    level = 10.0 * np.log10(np.maximum(np.mean(blocks**2, axis=1) - np.mean(blocks, axis=1) ** 2, 1e-10))
    end = (end_ms * legs.rate_hz // 1000 - first) // step
    if end < 30 or count - end < 6:
        return False  # the recording ends here
    loud = float(np.percentile(level[:end], 92))
    floor = float(np.median(level[end + 4 :]))
    if loud - floor < _CLEAR_DB:
        return False
    tail = level[max(0, end - 30) : end + 4]
    high = np.flatnonzero(tail > loud - 12.0)
    low = np.flatnonzero(tail > max(loud - 30.0, floor + 4.0))
    if not high.size or not low.size:
        return False
    fall = int(low[-1] - high[-1]) * _FRAME_MS
    before = float(np.max(level[end - 9 : end - 4]))
    return fall <= _FALL_MS and loud - before <= 11.0
