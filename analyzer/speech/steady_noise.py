"""Takes steady noise down in what the recogniser sees of a window.

A line's hiss or a fan is there in every frame, so what a mel band holds in its weakest frames is noise. It is
subtracted (spectral subtraction, Boll 1979), from each band's mean over some frames so that no single frame is left
standing, and never by more than a little: a recogniser copes with noise better than with holes. Where speech stands
high above its pauses nothing is subtracted: there the weakest frames are soft speech.

Only the words' features are changed. Speech activity, levels and every measure hear the recording as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float32]

# Whisper's features are (log10 of the power + 4) / 4, and nothing in a window lies more than 8 below its greatest power
SCALE, OFFSET, DEEPEST = 4.0, 4.0, 8.0
NEAR_LEAST = 0.05
SOUNDING = 0.2  # share of bands; a frame with fewer is the silence of a joint
LEAST_FRAMES = 30
LOUD = 0.9  # share of a band's frames that are weaker than its speech
AUDIBLE_DB = 45.0  # under the loudest band; what is weaker says nothing about the line


@dataclass(frozen=True, slots=True)
class NoiseSettings:
    """How steady noise is told and taken down. See docs/decisions/noise.md for the figures.

    Args:
        weakest: share of a band's frames, of the weakest, at whose upper end its noise is read.
        strength: how many times that is subtracted; the weakest frames hold less than the mean of the noise.
        noisy_db, clear_db: how far a middle band's speech stands above its noise; up to the one all is subtracted, from
            the other on nothing, and between them a part.
        least_db: a band is never taken down by more.
        over_frames: of 10 ms; a band is looked at as its mean over so many. Odd.
    """

    weakest: float = 0.15
    strength: float = 2.0
    noisy_db: float = 16.0
    clear_db: float = 22.0
    least_db: float = -10.0
    over_frames: int = 5


def quieter(features: _Floats, settings: NoiseSettings) -> _Floats:
    """A window's features with its steady noise taken down.

    Args:
        features: Whisper's of a window without the silence after it, shape (bands, frames).
        settings: how much.

    Returns:
        Of the same shape and scale; as they were where there is hardly any noise, or less than 0.3 s sounds.
    """
    logs = SCALE * features.astype(np.float64) - OFFSET
    sounding = (logs > logs.min(initial=np.inf) + NEAR_LEAST).mean(axis=0) > SOUNDING
    if np.count_nonzero(sounding) < LEAST_FRAMES:
        return features
    mean = _over_frames(10.0**logs, settings.over_frames)
    levels = 10.0 * np.log10(mean[:, sounding])
    noise, loud = np.quantile(levels, (settings.weakest, LOUD), axis=1, keepdims=True)
    above = float(np.median((loud - noise)[levels.max(axis=1) > levels.max() - AUDIBLE_DB]))
    part = (settings.clear_db - above) / (settings.clear_db - settings.noisy_db)
    if part <= 0.0:
        return features
    taken = settings.strength * min(part, 1.0) * 10.0 ** (noise / 10.0)
    logs += np.log10(np.maximum(1.0 - taken / mean, 10.0 ** (settings.least_db / 10.0)))
    quiet: _Floats = ((np.maximum(logs, logs.max() - DEEPEST) + OFFSET) / SCALE).astype(np.float32)
    return quiet


def _over_frames(power: npt.NDArray[np.float64], frames: int) -> npt.NDArray[np.float64]:
    """Each band's mean over neighbouring frames; at the edges the outermost frame counts again."""
    padded = np.pad(power, ((0, 0), (frames // 2, frames // 2)), mode="edge")
    count = power.shape[1]
    return sum((padded[:, at : at + count] for at in range(1, frames)), padded[:, :count]) / frames
