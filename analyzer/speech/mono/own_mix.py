"""What this call's own two voices sound like together.

The segmentation has heard many people, but never these two on this line. Most of a call is one voice alone, and such
pieces laid over each other are overlaps of which all is known: both voices, their levels, the line. From them three
sounds are learned, voice 0 alone, voice 1 alone and both at once, and the whole call is heard once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples, Sound
from analyzer.speech.mono.fbank import HOP, WINDOW, fbank
from analyzer.speech.mono.segment import FIRST, FRAME, RATE_HZ

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]
_SOUNDS = 3  # voice 0, voice 1, both
_AROUND = (-4, -2, 0, 2, 4)  # features a frame is judged by, before and after it
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class OwnMixSettings:
    """How the call's own sounds are learned.

    Args:
        least_s: nothing is learned where less than this is heard of a voice alone.
        longest_s: of a voice, no more than this is laid over the other, and no more than twice this heard alone.
        shortest_s: a piece alone counts from this length.
        copies: how often both voices are laid over each other, differently each time.
        directions: of the spectrum's movement that are kept.
        waves: cosines in these directions, so that what is learned need not be a straight line.
        width: of the cosines.
        ridge: how much small weights are preferred.
        over: frames in which one voice must sound like the other,
        contrary: and by how much on average, to be taken for it.
    """

    least_s: float = 1.0
    longest_s: float = 40.0
    shortest_s: float = 0.17
    copies: int = 3
    directions: int = 60
    waves: int = 600
    width: float = 0.8
    ridge: float = 10.0
    over: int = 21
    contrary: float = 0.6


def hear_own(
    sound: Sound, features: Samples, alone: tuple[_Mask, _Mask], floor: float, settings: OwnMixSettings
) -> _Floats | None:
    """How much every frame of the grid sounds like voice 0, voice 1 and both, (frames, 3), about -1 to 1 each.

    Args:
        sound: (samples,) at 16 kHz.
        features: of the whole call, (feature frames, 80), as `fbank` makes them with this floor.
        alone: (frames,) each, where one voice surely speaks alone.
        floor: power under everything, as for the features.
        settings: sizes.

    Returns:
        None where too little of a voice is heard alone.
    """
    pieces = [_pieces(sound, mask, settings) for mask in alone]
    if min(p.size for p in pieces) < settings.least_s * RATE_HZ:
        return None
    spectra = _halved(features)
    most = int(2 * settings.longest_s * RATE_HZ / FRAME)
    frames = [np.flatnonzero(mask) for mask in alone]
    places = [_middles(at[:: max(1, -(-at.size // most))], len(features)) for at in frames]
    mixed = [_halved(fbank(mix, floor)) for mix in _mixes(pieces[0], pieces[1], settings.copies)]
    single = [_around(spectra, at) for at in places]
    both = np.concatenate([_around(m, np.arange(len(m))) for m in mixed])
    learned = _Learned((single[0], single[1], both), settings)
    everywhere = _middles(np.arange(alone[0].size), len(features))
    return np.concatenate([learned(_around(spectra, everywhere[rows])) for rows in _blocks(len(everywhere))])


def corrected(second: _Mask, own: _Floats, settings: OwnMixSettings) -> _Mask:
    """Whose each frame is, where it was learned from sounds unmistakably like the other voice.

    Args:
        second: (frames,) whether it is voice 1 rather than 0.
        own: as `hear_own` says.
        settings: limits.
    """
    other = running_mean(np.where(second, own[:, 0] - own[:, 1], own[:, 1] - own[:, 0]), settings.over)
    return np.asarray(second ^ (other > settings.contrary))


def running_mean(values: _Floats, frames: int) -> _Floats:
    """Mean over so many frames (odd) around each, nothing beyond the ends."""
    return np.convolve(values, np.full(frames, 1.0 / frames), "full")[frames // 2 :][: values.size]


def _pieces(sound: Sound, mask: _Mask, settings: OwnMixSettings) -> Samples:
    """What a voice says alone, one piece after the other; of much, pieces from all over the call."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    bounds = edges.reshape(-1, 2)
    bounds = bounds[np.diff(bounds, axis=1)[:, 0] * FRAME >= settings.shortest_s * RATE_HZ]
    every = max(1, -(-int(np.diff(bounds).sum()) * FRAME // int(settings.longest_s * RATE_HZ)))
    start = FIRST - FRAME // 2
    own = [sound[start + a * FRAME : start + b * FRAME] for a, b in bounds[::every].tolist()]
    whole = np.concatenate(own) if own else np.zeros(0, dtype=np.float32)
    return whole[: int(settings.longest_s * RATE_HZ)]


def _mixes(first: Samples, second: Samples, copies: int) -> Iterator[Samples]:
    """Both over each other, the shorter one again and again, shifted by another part of the length each time."""
    size = max(first.size, second.size)
    low, high = np.resize(first, size), np.resize(second, size)
    for k in range(copies):
        yield low + np.roll(high, size * (2 * k + 1) // (2 * copies))


def _halved(features: Samples) -> Samples:
    """Two bands in one: half the numbers learn as much."""
    return np.asarray(features.reshape(len(features), -1, 2).mean(axis=2), dtype=np.float32)


def _middles(frames: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """The feature in the middle of each frame of the grid."""
    at = np.round((frames * FRAME + FIRST - WINDOW // 2) / HOP).astype(np.intp)
    return np.clip(at, 0, count - 1)


def _around(spectra: Samples, at: npt.NDArray[np.intp]) -> Samples:
    """Spectra before, at and after each place, (places, 200)."""
    return np.concatenate([spectra[np.clip(at + step, 0, len(spectra) - 1)] for step in _AROUND], axis=1)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(a, a + _BLOCK) for a in range(0, count, _BLOCK))


class _Learned:
    """Least squares on cosines of the strongest directions, each of the three sounds with a fixed weight."""

    def __init__(self, sounds: tuple[Samples, Samples, Samples], settings: OwnMixSettings) -> None:
        whole = np.concatenate(sounds)
        self._middle, self._scale = whole.mean(axis=0), whole.std(axis=0) + 1e-6
        plain = (whole - self._middle) / self._scale
        strength, directions = np.linalg.eigh((plain.T @ plain / len(plain)).astype(np.float64))
        kept = directions[:, ::-1][:, : settings.directions]
        self._turn = (kept / np.sqrt(strength[::-1][: settings.directions] + 0.05)).astype(np.float32)
        # fixed numbers: drawn once and for all, the same on every machine
        draw = np.random.RandomState(0)
        spread = settings.width / np.sqrt(self._turn.shape[1])
        self._waves = draw.normal(0.0, spread, (self._turn.shape[1], settings.waves)).astype(np.float32)
        self._phase = draw.uniform(0.0, 2 * np.pi, settings.waves).astype(np.float32)
        size = settings.waves + self._turn.shape[1] + 1
        matrix, right = settings.ridge * np.eye(size), np.zeros((size, _SOUNDS))
        for k, (sound, share) in enumerate(zip(sounds, (0.25, 0.25, 0.5), strict=True)):
            weight = share * len(whole) / len(sound)
            for rows in _blocks(len(sound)):
                made = self._made(sound[rows])
                matrix += weight * (made.T @ made)
                right += weight * np.outer(made.sum(axis=0), np.where(np.arange(_SOUNDS) == k, 1.0, -1.0))
        self._weights = np.linalg.solve(matrix, right)

    def __call__(self, around: Samples) -> _Floats:
        return np.asarray(self._made(around) @ self._weights, dtype=np.float64)

    def _made(self, around: Samples) -> Samples:
        turned = (around - self._middle) / self._scale @ self._turn
        ones = np.full((len(turned), 1), 0.3, dtype=np.float32)
        return np.concatenate([np.cos(turned @ self._waves + self._phase), 0.1 * turned, ones], axis=1)
