"""What this call's own two voices together sound like to the segmentation's first layers.

They are learned as the spectra are (`own_mix`), but those know nothing of speech and these do. They listen to what is
around as well, so the voices are not laid over each other throughout: one alone, both, the other alone, both, in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples, Sound
from analyzer.speech.mono.learned import Directions, Learned, LearnSettings, around
from analyzer.speech.mono.own_mix import OwnMixSettings, alone_frames, alone_pieces
from analyzer.speech.mono.segment import FIRST, FRAME, RATE_HZ, WINDOW

Inner = Callable[[Samples], Samples]
_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]
_TURNS = np.array((0, 2, 1, 2))  # voice 0, both, voice 1, both
_EDGE = 57  # frames at either end of a window that the next or the one before hears better


@dataclass(frozen=True, slots=True)
class OwnInnerSettings:
    """How the inner layers' sounds are learned.

    Args:
        copies: how often both voices are put together, differently each time.
        turn_s: length of one alone, and of both.
        directions: of a frame that are kept.
        learn: how the three sounds are learned.
    """

    copies: int = 3
    turn_s: float = 1.5
    directions: int = 60
    learn: LearnSettings = field(default_factory=LearnSettings)


def hear_inner(
    sound: Sound, alone: tuple[_Mask, _Mask], inner: Inner, pieces: OwnMixSettings, settings: OwnInnerSettings
) -> _Floats | None:
    """How much every frame of the grid sounds like voice 0, voice 1 and both, (frames, 3), about -1 to 1 each.

    Args:
        sound: (samples,) at 16 kHz.
        alone: (frames,) each, where one voice surely speaks alone.
        inner: what the first layers make of a window, `Networks.inner`.
        pieces: what of a voice alone is taken.
        settings: sizes.

    Returns:
        None where too little of a voice is heard alone.
    """
    own = alone_pieces(sound, alone, pieces)
    if own is None:
        return None
    made = list(_in_turn(own[0], own[1], settings))
    heard = [np.concatenate(list(_inner(mix, len(labels), inner))) for mix, labels in made]
    turn = Directions(np.concatenate(heard), settings.directions)
    mixed = np.concatenate([around(rows, np.arange(len(rows))) for rows in map(turn, heard)])
    which = np.concatenate([labels for _, labels in made])
    whole = np.empty((alone[0].size, turn.count), dtype=np.float32)  # long: not in pieces and as one at a time
    done = 0
    for rows in _inner(sound, len(whole), inner):
        whole[done : done + len(rows)] = turn(rows)
        done += len(rows)
    single = [around(whole, at) for at in alone_frames(alone, pieces)]
    first, second = (np.concatenate([mixed[which == k], single[k]]) for k in (0, 1))
    learned = Learned((first, second, mixed[which == 2]), settings.learn)
    return learned.along(whole, np.arange(len(whole)))


def _in_turn(
    first: Samples, second: Samples, settings: OwnInnerSettings
) -> Iterator[tuple[Samples, npt.NDArray[np.int64]]]:
    """Both voices in turn and at once, each again from its start when it ends; with what every frame is."""
    size = round(settings.turn_s * RATE_HZ)
    turns = -(-max(first.size, second.size) * len(_TURNS) // ((len(_TURNS) - 1) * size))
    for k in range(settings.copies):
        at = [first.size * k // settings.copies, 0]
        out = np.zeros((turns, size), dtype=np.float32)
        for i, kind in enumerate(_TURNS[np.arange(turns) % len(_TURNS)]):
            for voice, own in enumerate((first, second)):
                if kind in (voice, 2):
                    out[i] += np.take(own, np.arange(at[voice], at[voice] + size), mode="wrap")
                    at[voice] += size
        frames = np.arange((out.size - FIRST) // FRAME)
        yield out.ravel(), _TURNS[(frames * FRAME + FIRST) // size % len(_TURNS)]


def _inner(sound: Sound, frames: int, inner: Inner) -> Iterator[Samples]:
    """What the first layers make of a sound, frame by frame of the grid, window by window, `frames` in all."""
    done = 0
    while done < frames:
        first = max(0, done - _EDGE)
        window = np.zeros(WINDOW, dtype=np.float32)
        piece = sound[first * FRAME : first * FRAME + WINDOW]
        window[: piece.size] = piece
        rows = inner(window)
        last = len(rows) if first + len(rows) >= frames else len(rows) - _EDGE
        out = rows[done - first : min(last, frames - first)]
        done += len(out)
        yield out
