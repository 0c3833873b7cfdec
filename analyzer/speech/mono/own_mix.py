"""What this call's own two voices sound like together.

The segmentation has heard many people, but never these two on this line. Most of a call is one voice alone, and such
pieces laid over each other are overlaps of which all is known: both voices, their levels, the line. From them three
sounds are learned, voice 0 alone, voice 1 alone and both at once, and the whole call is heard once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples, Sound
from analyzer.spans import runs
from analyzer.speech.mono.fbank import HOP, WINDOW, fbank
from analyzer.speech.mono.learned import Learned, LearnSettings, around
from analyzer.speech.mono.segment import FIRST, FRAME, RATE_HZ

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OwnMixSettings:
    """How the call's own sounds are learned.

    Args:
        least_s: nothing is learned where less than this is heard of a voice alone.
        longest_s: of a voice, no more than this is laid over the other, and no more than twice this heard alone.
        shortest_s: a piece alone counts from this length.
        copies: how often both voices are laid over each other, differently each time.
        learn: how the three sounds are learned.
        over: frames in which one voice must sound like the other,
        contrary: and by how much on average, to be taken for it.
    """

    least_s: float = 1.0
    longest_s: float = 40.0
    shortest_s: float = 0.17
    copies: int = 3
    learn: LearnSettings = field(default_factory=LearnSettings)
    over: int = 21
    contrary: float = 0.6


def hear_own(
    sound: Sound, spectra: Samples, alone: tuple[_Mask, _Mask], floor: float, settings: OwnMixSettings
) -> _Floats | None:
    """How much every frame of the grid sounds like voice 0, voice 1 and both, (frames, 3), about -1 to 1 each.

    Args:
        sound: (samples,) at 16 kHz.
        spectra: of the whole call, (feature frames, 40), `halved` of what `fbank` makes with this floor.
        alone: (frames,) each, where one voice surely speaks alone.
        floor: power under everything, as for the features.
        settings: sizes.

    Returns:
        None where too little of a voice is heard alone.
    """
    pieces = alone_pieces(sound, alone, settings)
    if pieces is None:
        return None
    places = [middles(at, len(spectra)) for at in alone_frames(alone, settings)]
    first, second = (np.concatenate(own)[: int(settings.longest_s * RATE_HZ)] for own in pieces)
    mixed = [halved(fbank(mix, floor)) for mix in _mixes(first, second, settings.copies)]
    steps = settings.learn.steps
    single = [around(spectra, at, steps) for at in places]
    both = np.concatenate([around(m, np.arange(len(m)), steps) for m in mixed])
    learned = Learned((single[0], single[1], both), settings.learn)
    return learned.along(spectra, middles(np.arange(alone[0].size), len(spectra)))


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


def alone_pieces(
    sound: Sound, alone: tuple[_Mask, _Mask], settings: OwnMixSettings
) -> tuple[list[Samples], list[Samples]] | None:
    """What each voice says alone, piece by piece; None where it is too little of either."""
    first, second = (_pieces(sound, mask, settings) for mask in alone)
    enough = all(sum(p.size for p in own) >= settings.least_s * RATE_HZ for own in (first, second))
    return (first, second) if enough else None


def alone_frames(alone: tuple[_Mask, _Mask], settings: OwnMixSettings) -> list[npt.NDArray[np.intp]]:
    """The frames each voice is learned from where it speaks alone: of many, some from all over the call."""
    most = int(2 * settings.longest_s * RATE_HZ / FRAME)
    return [at[:: max(1, -(-at.size // most))] for at in map(np.flatnonzero, alone)]


def _pieces(sound: Sound, mask: _Mask, settings: OwnMixSettings) -> list[Samples]:
    """What a voice says alone; of much, pieces from all over the call."""
    bounds = np.array(runs(mask), dtype=np.intp).reshape(-1, 2)
    bounds = bounds[np.diff(bounds, axis=1)[:, 0] * FRAME >= settings.shortest_s * RATE_HZ]
    every = max(1, -(-int(np.diff(bounds).sum()) * FRAME // int(settings.longest_s * RATE_HZ)))
    start = FIRST - FRAME // 2
    return [sound[start + a * FRAME : start + b * FRAME] for a, b in bounds[::every].tolist()]


def _mixes(first: Samples, second: Samples, copies: int) -> Iterator[Samples]:
    """Both over each other, the shorter one again and again, shifted by another part of the length each time."""
    size = max(first.size, second.size)
    low, high = np.resize(first, size), np.resize(second, size)
    for k in range(copies):
        yield low + np.roll(high, size * (2 * k + 1) // (2 * copies))


def halved(features: Samples) -> Samples:
    """Two bands in one: half the numbers learn as much."""
    return np.asarray(features.reshape(len(features), -1, 2).mean(axis=2), dtype=np.float32)


def middles(frames: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """The feature in the middle of each frame of the grid."""
    at = np.round((frames * FRAME + FIRST - WINDOW // 2) / HOP).astype(np.intp)
    return np.clip(at, 0, count - 1)
