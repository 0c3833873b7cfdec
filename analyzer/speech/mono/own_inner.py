"""What this call's own two voices sound like where one comes in on the other, to both networks' first layers.

They are learned as the spectra are (`own_mix`), but those know nothing of speech and these do: the segmentation's were
taught who speaks at once, the speaker network's what a voice is. They listen to what is around as well, so the voices
are not laid over each other throughout but put together as they are in calls. The spectra are learned from that once
more: what begins in a word's end is unlike two voices in the middle of their words.

What two voices at once are to these layers is much the same in every call. That was learned from composed calls
(`overlap_reader`), and is weighed for every frame beside what this call teaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples, Sound
from analyzer.speech.mono.fbank import fbank
from analyzer.speech.mono.learned import MOST, Directions, Learned, LearnSettings, around
from analyzer.speech.mono.own_mix import OwnMixSettings, alone_frames, alone_pieces, halved, middles
from analyzer.speech.mono.put_together import TogetherSettings, put_together
from analyzer.speech.mono.segment import FIRST, FRAME, WINDOW

Inner = Callable[[Samples], Samples]
Listen = Callable[[Samples], tuple[Samples, ...]]
AtOnce = Callable[[Samples, Samples], Samples]
_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]
_Places = npt.NDArray[np.intp]
_FRAMES = (WINDOW - 2 * FIRST) // FRAME + 1  # of a window
AROUND = (-8, -4, 0, 4, 8)  # frames before and after one that it is judged by
_EDGE = 57  # frames at either end of a window that the next or the one before hears better
_TAUGHT = 0.22  # of the log odds that composed calls taught


@dataclass(frozen=True, slots=True)
class OwnInnerSettings:
    """How the inner layers' sounds are learned.

    Args:
        together: how both voices are put together.
        spectra: how the three sounds are learned from spectra.
        directions: of what the layers make of a frame that are kept,
        layers: and how the sounds are learned from that: the layers have bent it already.
    """

    together: TogetherSettings = field(default_factory=TogetherSettings)
    spectra: LearnSettings = field(default_factory=LearnSettings)
    directions: int = 100
    layers: LearnSettings = field(
        default_factory=lambda: LearnSettings(directions=0, waves=0, ridge=30.0, steps=AROUND)
    )


@dataclass(frozen=True, slots=True)
class Together:
    """What is heard of both voices.

    Args:
        own: how much every frame of the grid sounds like voice 0, voice 1 and both, (frames, 3), about -1 to 1 each,
            by the spectra and by the first layers of the segmentation and of the speaker network.
        taught: how much like both to these layers, by what composed calls taught, (frames,).
    """

    own: tuple[_Floats, _Floats, _Floats]
    taught: _Floats


def hear_together(
    sound: Sound,
    spectra: Samples,
    alone: tuple[_Mask, _Mask],
    floor: float,
    inner: tuple[Inner, Inner],
    at_once: AtOnce,
    pieces: OwnMixSettings,
    settings: OwnInnerSettings,
) -> Together | None:
    """What every frame of the grid sounds like: voice 0, voice 1 or both.

    Args:
        sound: (samples,) at 16 kHz.
        spectra: of the whole call, (feature frames, 40), `halved` of what `fbank` makes with this floor.
        alone: (frames,) each, where one voice surely speaks alone.
        floor: power under everything, as for the features.
        inner: what the first layers make of a window, `Networks.inner`, and of spectra, `Networks.voice_inner`.
        at_once: log odds of two voices at once by what the layers make of a window, `Networks.at_once`.
        pieces: what of a voice alone is taken.
        settings: sizes.

    Returns:
        None where too little of a voice is heard alone.
    """
    own = alone_pieces(sound, alone, pieces)
    if own is None:
        return None
    mix, labels = put_together(own[0], own[1], settings.together)
    frames = np.arange(alone[0].size)
    singles = alone_frames(alone, pieces)

    def learn(mixed: Samples, at: _Places, whole: Samples, places: _Places, how: LearnSettings) -> _Floats:
        made = [around(mixed, at[labels == k], how.steps) for k in range(3)]
        first, second = (np.concatenate([made[k], around(whole, places[singles[k]], how.steps)]) for k in (0, 1))
        return Learned((first, second, made[2]), how).along(whole, places)

    mixed = halved(fbank(mix, floor))
    at, places = middles(np.arange(len(labels)), len(mixed)), middles(frames, len(spectra))
    by_spectra = learn(mixed, at, spectra, places, settings.spectra)
    listen = listener(inner, floor)

    def listen_for_both(window: Samples) -> tuple[Samples, ...]:
        layers = listen(window)
        return *layers, at_once(*layers)

    heard = [np.concatenate(parts) for parts in zip(*layer_rows(mix, len(labels), listen), strict=True)]
    turns = [Directions(rows, settings.directions) for rows in heard]
    whole = [np.empty((frames.size, turn.count), dtype=np.float32) for turn in turns]
    taught, done = np.empty(frames.size), 0
    for *layers, odds in layer_rows(sound, frames.size, listen_for_both):
        here = slice(done, done + odds.size)
        for rows, turn, layer in zip(whole, turns, layers, strict=True):
            rows[here] = turn(layer)
        taught[here], done = odds, done + odds.size
    segmentation, speaker = (
        learn(turn(made), np.arange(len(labels)), rows, frames, settings.layers)
        for turn, made, rows in zip(turns, heard, whole, strict=True)
    )
    return Together((by_spectra, segmentation, speaker), np.clip(_TAUGHT * taught, -MOST, MOST))


def listener(inner: tuple[Inner, Inner], floor: float) -> Listen:
    """What both networks' first layers make of a window, frame by frame of the grid.

    Args:
        inner: `Networks.inner`, of a window, and `Networks.voice_inner`, of spectra.
        floor: power under everything.
    """
    of_spectra = _of_spectra(inner[1], floor)
    return lambda window: (inner[0](window), of_spectra(window))


def _of_spectra(inner: Inner, floor: float) -> Inner:
    """What layers that listen to spectra make of a window, frame by frame of the grid.

    Args:
        inner: spectra, less the mean of every band, to a row for every second of them.
        floor: power under everything.
    """

    def listen(window: Samples) -> Samples:
        features = fbank(window, floor)
        rows = inner(features - features.mean(axis=0))
        return rows[middles(np.arange(_FRAMES), len(features)) // 2]

    return listen


def layer_rows(sound: Sound, frames: int, listen: Listen) -> Iterator[tuple[Samples, ...]]:
    """What is heard in a sound, frame by frame of the grid, window by window, `frames` in all."""
    done = 0
    while done < frames:
        first = max(0, done - _EDGE)
        window = np.zeros(WINDOW, dtype=np.float32)
        piece = sound[first * FRAME : first * FRAME + WINDOW]
        window[: piece.size] = piece
        parts = listen(window)
        count = len(parts[0])
        last = min(count if first + count >= frames else count - _EDGE, frames - first)
        yield tuple([part[done - first : last] for part in parts])
        done = first + last
