"""What sounds where a party sits, all call long: a keyboard, breath, a street, a radio. Ours, of noise and sines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analyzer.testing.sounds import Sound, at_level, music

_Make = Callable[[int, int, np.random.Generator], Sound]  # of frames, at a rate


def room(kind: str, frames: int, rate_hz: int, rng: np.random.Generator, level_db: float) -> Sound:
    """The sound of a room.

    Args:
        kind: a key of `ROOMS`.
        frames: how long.
        rate_hz: of the result.
        rng: where it sounds, and how.
        level_db: RMS while it sounds, dBFS.

    Raises:
        KeyError: for a kind there is none of.
    """
    make, rest_s = ROOMS[kind]
    if not rest_s:
        return at_level(make(frames, rate_hz, rng), level_db)
    out = np.zeros(frames)
    at = int(rng.uniform(0.3, 1.0) * rest_s * rate_hz)
    while at < frames:
        burst = at_level(make(int(rng.uniform(0.4, 2.0) * rate_hz), rate_hz, rng), level_db)[: frames - at]
        out[at : at + len(burst)] += burst
        at += int(rng.uniform(0.5, 1.5) * rest_s * rate_hz)
    return out


def _keys(frames: int, rate_hz: int, rng: np.random.Generator) -> Sound:
    """Strokes of 15 ms every 60 to 200 ms."""
    out = np.zeros(frames)
    length = rate_hz * 15 // 1000
    at = 0
    while at + length < frames:
        out[at : at + length] = np.diff(rng.standard_normal(length + 1)) * np.exp(-np.linspace(0, 5, length))
        at += int(rng.uniform(0.06, 0.2) * rate_hz)
    return out


def _breath(frames: int, rate_hz: int, rng: np.random.Generator) -> Sound:
    """High noise that swells and sinks, half a second at most."""
    length = min(frames, rate_hz // 2)
    return np.asarray(np.diff(rng.standard_normal(length + 1)) * np.hanning(length))


def _buzz(frames: int, rate_hz: int, rng: np.random.Generator) -> Sound:
    """Pulses at 217 Hz, as a mobile telephone nearby leaves them on a line."""
    return np.asarray(np.where((np.arange(frames) / rate_hz * 217 + rng.random()) % 1 < 0.12, 0.88, -0.12))


def _street(frames: int, rate_hz: int, rng: np.random.Generator) -> Sound:
    """Low noise whose loudness wanders."""
    width = rate_hz // 200
    low = np.convolve(rng.standard_normal(frames), np.hanning(width), mode="same")
    seconds = np.arange(frames // rate_hz + 2)
    slow = np.interp(np.arange(frames) / rate_hz, seconds, rng.standard_normal(seconds.size))
    return np.asarray(low * np.exp(slow / 2))


def _fan(frames: int, rate_hz: int, rng: np.random.Generator) -> Sound:
    """Low noise that beats a little."""
    low = np.convolve(rng.standard_normal(frames), np.exp(-np.arange(rate_hz // 100) / (rate_hz / 400)), mode="same")
    return np.asarray(low * (1 + 0.3 * np.sin(2 * np.pi * 0.8 * np.arange(frames) / rate_hz)))


def _radio(frames: int, rate_hz: int, rng: np.random.Generator) -> Sound:
    """A tune."""
    return music(-(-frames * 1000 // rate_hz) + 1, rate_hz, rng)[:frames]


# how it is made, and the mean time between two of its bursts in seconds; 0 for what goes on and on
ROOMS: dict[str, tuple[_Make, float]] = {
    "keys": (_keys, 4.0),
    "breath": (_breath, 4.0),
    "buzz": (_buzz, 10.0),
    "street": (_street, 0.0),
    "fan": (_fan, 0.0),
    "radio": (_radio, 0.0),
}
