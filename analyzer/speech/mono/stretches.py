"""Every stretch of one voice heard by itself.

The segmentation takes a short answer and what comes before it for one local voice when they sound alike to it. The
speaker network hears the difference; so each stretch between two silences or changes is compared with both centres,
and the centres are made from the stretches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analyzer.speech.mono.segment import FRAME, RATE_HZ

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]
_SECONDS = FRAME / RATE_HZ


@dataclass(frozen=True, slots=True)
class StretchSettings:
    """How a stretch's voice is decided.

    Args:
        least_s: shorter ones keep what the segmentation says.
        longest_s: longer ones are heard in parts of about this length.
        full_s: from this length the sound counts in full.
        segmentation: difference of cosines that the segmentation's word is worth.
        centre_s: centres are made from stretches of this length.
        rounds: at most so many.
    """

    least_s: float = 0.3
    longest_s: float = 3.0
    full_s: float = 1.5
    segmentation: float = 0.05
    centre_s: float = 0.8
    rounds: int = 10


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of one voice, as decided.

    Args:
        bounds: (stretches, 2) frames of the grid.
        seconds: (stretches,).
        sounds: (stretches, 192).
        second: (stretches,) whether it is voice 1.
        centres: (2, 192).
    """

    bounds: npt.NDArray[np.int64]
    seconds: _Floats
    sounds: npt.NDArray[np.float32]
    second: _Mask
    centres: _Floats


def find_stretches(
    alone: _Mask,
    second: _Mask,
    hear: Callable[[int, int], npt.NDArray[np.float32] | None],
    settings: StretchSettings,
) -> Stretches:
    """The stretches and whose they are.

    Args:
        alone: (frames,) where exactly one voice speaks.
        second: (frames,) where the segmentation says that it is voice 1.
        hear: what a stretch of frames sounds like, of length 1; None when it is too short.
        settings: weights.
    """
    bounds, sounds, said = [], [], []
    for a, b in _runs(alone, second):
        parts = max(1, round((b - a) * _SECONDS / settings.longest_s))
        edges = np.linspace(a, b, parts + 1).astype(int).tolist()
        for first, last in pairwise(edges):
            heard = hear(first, last) if (last - first) * _SECONDS >= settings.least_s else None
            if heard is not None:
                bounds.append((first, last))
                sounds.append(heard)
                said.append(bool(second[a]))
    size = len(bounds)
    where = np.array(bounds, dtype=np.int64).reshape(size, 2)
    voices = np.array(sounds, dtype=np.float32).reshape(size, -1 if size else 1)
    seconds = np.asarray((where[:, 1] - where[:, 0]) * _SECONDS, dtype=np.float64)
    mine = np.array(said, dtype=np.bool_)
    if not size:
        return Stretches(where, seconds, voices, mine, np.zeros((2, 1)))
    halves = _split(voices, seconds)
    starts = [mine, halves if 2 * (seconds @ (halves == mine)) >= seconds.sum() else ~halves]
    found = [_settle(voices, seconds, mine, start, settings) for start in starts]
    _, second_now, centres = max(found, key=lambda f: f[0])
    return Stretches(where, seconds, voices, second_now, centres)


def _settle(
    voices: npt.NDArray[np.float32], seconds: _Floats, said: _Mask, start: _Mask, settings: StretchSettings
) -> tuple[float, _Mask, _Floats]:
    """Centres and owners in turn until nothing changes; first how well they fit, to compare starts by."""
    centres = np.zeros((2, voices.shape[1]))
    prior = np.where(said, settings.segmentation, -settings.segmentation)
    weight = seconds * (seconds >= settings.centre_s)
    if weight.sum() == 0:
        weight = seconds
    mine = start
    for _ in range(settings.rounds):
        for k in (0, 1):
            own = weight * (mine == bool(k))
            if own.sum() > 0:
                centre = own @ voices
                centres[k] = centre / max(float(np.linalg.norm(centre)), 1e-9)
        new = voices @ (centres[1] - centres[0]) * np.minimum(seconds / settings.full_s, 1.0) + prior > 0
        if np.array_equal(new, mine):
            break
        mine = new
    fit = np.where(mine, voices @ centres[1], voices @ centres[0]) + settings.segmentation * (mine == said)
    return float(weight @ fit), mine, centres


def _split(voices: npt.NDArray[np.float32], seconds: _Floats) -> _Mask:
    """Two halves along the direction in which the stretches differ most."""
    apart = voices - np.average(voices, axis=0, weights=seconds)
    _, directions = np.linalg.eigh((apart * seconds[:, None]).T @ apart)
    return np.asarray(apart @ directions[:, -1] > 0)


def _runs(alone: _Mask, second: _Mask) -> list[tuple[int, int]]:
    state = np.where(alone, 1 + second, 0)
    edges = [0, *(np.flatnonzero(np.diff(state)) + 1).tolist(), state.size]
    return [(a, b) for a, b in pairwise(edges) if state[a]]
