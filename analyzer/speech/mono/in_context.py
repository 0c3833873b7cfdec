"""Where each voice speaks, by what is heard of both over six tenths of a second before and after.

A logistic regression: whether one voice speaks in a frame, from the segmentation and all that was learned from this
call and from composed ones, here and at fourteen places around. Who comes in on the other is heard on after the
overlap, who is interrupted before it. The weights were fitted on composed calls by `benchmarks/fit_overlap.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples
from analyzer.speech.mono.fitted import Fitted
from analyzer.speech.mono.heard import Heard, log_odds
from analyzer.speech.mono.own_mix import running_mean

_Floats = npt.NDArray[np.float64]
# frames before or after, and over how many the mean is taken there: the farther away the less exactly
PLACES = (
    *((-36, 13), (-24, 9), (-16, 7), (-11, 5), (-7, 3), (-4, 3), (-2, 1), (0, 1)),
    *((2, 1), (4, 3), (7, 3), (11, 5), (16, 7), (24, 9), (36, 13)),
)
CUES = 18
_BLOCK = 4096


def voice_odds(heard: Heard, fitted: Fitted) -> _Floats:
    """Log odds that voice 0 and voice 1 speak where anybody does, (2, frames).

    Args:
        heard: with everything that can be learned from the call.
        fitted: weights.
    """
    weights = np.asarray(fitted.around)
    out = np.full((2, heard.speech.size), fitted.constant)
    for voice in (0, 1):
        rows = cues(heard, voice)
        parts = np.empty((len(rows), len(PLACES)))
        for a in range(0, len(rows), _BLOCK):
            parts[a : a + _BLOCK] = rows[a : a + _BLOCK].astype(np.float64) @ weights.T
        for part, (steps, over) in zip(parts.T, PLACES, strict=True):
            out[voice] += _at(running_mean(part, over), steps)
    return out


def surroundings(rows: Samples) -> Samples:
    """What `voice_odds` weighs for every frame, (frames, places * cues): what the weights are fitted to."""
    return np.concatenate([np.stack(list(_means(rows, steps, over)), axis=1) for steps, over in PLACES], axis=1)


def cues(heard: Heard, voice: int) -> Samples:
    """What is heard of a voice and of the other one, (frames, 18)."""
    assert heard.own is not None and heard.together is not None and heard.taught is not None
    has_floor = (heard.second if voice else ~heard.second) & heard.speech
    out = np.empty((heard.speech.size, CUES), dtype=np.float32)
    out[:, 0], out[:, 1] = log_odds(heard.voices[voice]), log_odds(heard.voices[1 - voice])
    out[:, 2] = log_odds(heard.both)
    for number, own in enumerate((heard.own, *heard.together)):
        out[:, 3 + 3 * number : 6 + 3 * number] = own[:, [voice, 1 - voice, 2]]
    out[:, -3], out[:, -2], out[:, -1] = heard.taught, heard.speech, has_floor
    return out


def _means(rows: Samples, steps: int, over: int) -> Iterator[Samples]:
    for column in rows.T:
        yield _at(running_mean(column.astype(np.float64), over), steps).astype(np.float32)


def _at(values: _Floats, steps: int) -> _Floats:
    """Every frame's value so many frames later, or earlier; the last one beyond the end."""
    return values[np.clip(np.arange(values.size) + steps, 0, values.size - 1)]
