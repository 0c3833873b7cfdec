"""Sounds that are not speech: call-progress tones as in China, hold music, clicks, line noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float64]

# (on, off) in ms at 450 Hz, GB/T 3380
CADENCES = {"busy_tone": (350, 350), "congestion_tone": (700, 700), "ringback": (1000, 4000)}
TONE_HZ = 450.0
_RAMP_MS = 3


def tone(kind: str, cycles: int, rate_hz: int, level_db: float = -18.0, hz: float = TONE_HZ) -> Sound:
    """A call-progress tone: `cycles` times on and off.

    Args:
        kind: a key of `CADENCES`.
        cycles: how many.
        rate_hz: of the result.
        level_db: RMS while on, dBFS.
        hz: frequency.
    """
    on, off = (ms * rate_hz // 1000 for ms in CADENCES[kind])
    beat = np.sin(2 * np.pi * hz * np.arange(on) / rate_hz) * 10 ** (level_db / 20) * np.sqrt(2)
    ramp = np.linspace(0, 1, max(1, _RAMP_MS * rate_hz // 1000))
    beat[: len(ramp)] *= ramp
    beat[-len(ramp) :] *= ramp[::-1]
    return np.tile(np.concatenate([beat, np.zeros(off)]), cycles)


def music(duration_ms: int, rate_hz: int, rng: np.random.Generator, level_db: float = -24.0) -> Sound:
    """A synthesised melody over chords, for holds. Ours, made of sines.

    Args:
        duration_ms: how long.
        rate_hz: of the result.
        rng: picks the notes.
        level_db: RMS, dBFS.
    """
    frames = duration_ms * rate_hz // 1000
    out = np.zeros(frames)
    beat = int(rate_hz * 0.36)
    scale = np.array([0, 2, 4, 7, 9, 12, 14, 16])
    step = 3
    for index, start in enumerate(range(0, frames, beat)):
        step = int(np.clip(step + rng.integers(-2, 3), 0, len(scale) - 1))
        root = (0, 9, 5, 7)[index // 8 % 4]
        notes = [(60 + scale[step], 1.0)]
        if index % 4 == 0:
            notes += [(48 + root, 0.6), (52 + root, 0.4), (55 + root, 0.4)]
        length = min(frames - start, beat * (4 if index % 4 == 0 else 1))
        at = np.arange(length) / rate_hz
        for note, weight in notes:
            hz = 440 * 2 ** ((note - 69) / 12)
            decay = np.exp(-at * 2.5) * np.minimum(1, at * 80)
            for harmonic in (1, 2, 3, 4):
                if hz * harmonic < rate_hz * 0.45:
                    out[start : start + length] += (
                        weight * 0.5 ** (harmonic - 1) * decay * np.sin(2 * np.pi * hz * harmonic * at)
                    )
    fade = min(frames, rate_hz // 50)
    if fade:
        out[:fade] *= np.linspace(0, 1, fade)
        out[-fade:] *= np.linspace(1, 0, fade)
    return at_level(out, level_db)


def hook_click(rate_hz: int, rng: np.random.Generator, peak_db: float = -8.0) -> Sound:
    """A handset put down: a sharp transient, and a smaller one 45 ms later, in 70 ms; peaks at `peak_db` dBFS."""
    out = np.zeros(rate_hz * 70 // 1000)
    for start_ms, weight in ((0, 1.0), (45, 0.5)):
        length = rate_hz * 12 // 1000
        at = np.arange(length) / rate_hz
        burst: Sound = rng.standard_normal(length) * np.exp(-at * 500)
        start = start_ms * rate_hz // 1000
        out[start : start + length] += weight * burst / np.abs(burst).max()
    return out * 10 ** (peak_db / 20)


def noise(frames: int, level_db: float, rng: np.random.Generator) -> Sound:
    """White noise of that RMS in dBFS, shape (frames,); the band limit of the line colours it."""
    return rng.standard_normal(frames) * 10 ** (level_db / 20)


def at_level(sound: Sound, level_db: float) -> Sound:
    """A sound of shape (frames,) scaled to that RMS in dBFS; silence stays silence."""
    rms = float(np.sqrt(np.mean(np.square(sound)))) if len(sound) else 0.0
    return np.asarray(sound * (10 ** (level_db / 20) / rms)) if rms > 0 else sound
