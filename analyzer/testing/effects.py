"""A clip spoken another way: shouted or mumbled, as far as sound processing can make it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import soxr
from scipy.signal import butter, fftconvolve, sosfilt

from analyzer.testing.clips import Clip

_RAISED = 1.15


def shouted(clip: Clip, name: str) -> Clip:
    """Higher by 15 % (formants with it, and as much faster), bright between 1 and 3 kHz, driven into saturation."""
    sound = np.asarray(soxr.resample(clip.samples.astype(np.float64), clip.rate_hz * _RAISED, clip.rate_hz))
    bright = sosfilt(butter(2, (1000, 3000), "bandpass", fs=clip.rate_hz, output="sos"), sound)
    sound = sound + 1.5 * bright
    driven = np.tanh(4.0 * sound / np.abs(sound).max())
    return replace(clip, samples=driven.astype(np.float32) * np.float32(0.9), name=name)


def mumbled(clip: Clip, name: str, low_pass_hz: int = 1400) -> Clip:
    """Without its consonants' high band, and smeared over 60 ms as by lips that don't move."""
    sound = clip.samples.astype(np.float64)
    dull = sosfilt(butter(3, low_pass_hz, "lowpass", fs=clip.rate_hz, output="sos"), sound)
    frames = clip.rate_hz * 60 // 1000
    tail = np.exp(-np.arange(frames) / (frames / 3)) * np.random.default_rng(7).standard_normal(frames) * 0.08
    tail[0] = 1.0
    smeared = fftconvolve(dull, tail)[: len(dull)]
    return replace(clip, samples=(0.5 * smeared / np.abs(smeared).max()).astype(np.float32), name=name)
